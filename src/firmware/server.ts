// SPDX-License-Identifier: Apache-2.0
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { EnvironmentError, UsageError } from '../errors.ts';
import { Connection } from './connection.ts';
import { FirmwareModel, type FirmwareState } from './model.ts';
import { type Script, ScriptRunner } from './script.ts';
import { Transcript, type TranscriptEntry } from './transcript.ts';

export type FirmwareOptions = {
  /** Path of the unix socket; made, and removed at the end. */
  readonly socket: string;
  /** NDJSON file with every transfer. */
  readonly transcript?: string;
  readonly script?: Script;
  /** Gets every entry of the transcript as it comes. */
  readonly onEntry?: (entry: TranscriptEntry) => void;
};

/** A running firmware model. */
export type RunningFirmware = {
  readonly socket: string;
  /** The physical state of everything now. */
  readonly snapshot: () => FirmwareState;
  /** Write what the transcript still holds back. */
  readonly flush: () => void;
  readonly close: () => Promise<void>;
};

/** sun_path of Linux, without the final zero. */
const SOCKET_PATH_MAX = 107;

/**
 * Start a firmware model behind a unix socket.
 *
 * @throws {UsageError} the path is too long, or taken, or the transcript cannot be written
 * @throws {EnvironmentError} the socket cannot be made
 */
export async function startFirmware(options: FirmwareOptions): Promise<RunningFirmware> {
  const model = new FirmwareModel();
  const start = performance.now();
  const sockets = new Set<Socket>();
  const { promise: whenRecorded, resolve: takeRecorder } = later<Recorder | undefined>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    // What it has sent waits in the socket.
    void whenRecorded.then((record) => new Connection({ ...firmware, record }, socket));
  });
  const firmware = {
    model,
    script: options.script === undefined ? undefined : new ScriptRunner(options.script),
    now: () => performance.now() - start,
  };
  // A model that is refused its socket must not have emptied the transcript of the one that has it.
  await listen(server, options.socket);
  const transcript = await openTranscript(options.transcript).catch(async (error: unknown) => {
    await end(server, sockets);
    throw error;
  });
  takeRecorder(recorder(transcript, options.onEntry));
  let closed: Promise<void> | undefined;
  return {
    socket: options.socket,
    snapshot: () => model.snapshot(),
    flush: () => transcript?.flush(),
    close: () => {
      closed ??= end(server, sockets).then(() => transcript?.close());
      return closed;
    },
  };
}

function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function openTranscript(path: string | undefined): Promise<Transcript | undefined> {
  return path === undefined ? undefined : Transcript.open(path);
}

async function end(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  // The server is closed before its connections have said that they are; each of them still writes a line then.
  const gone = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await Promise.all(gone);
}

type Recorder = (entry: TranscriptEntry) => void;

function recorder(transcript: Transcript | undefined, onEntry: Recorder | undefined): Recorder | undefined {
  if (transcript === undefined) return onEntry;
  return (entry) => {
    transcript.add(entry);
    onEntry?.(entry);
  };
}

/** Remove a socket that one that was killed has left. @throws {UsageError} something else is there, or somebody listens on it */
async function removeStale(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket())
    throw new UsageError(`${path} is there and is not a socket`, 'Choose another path for the socket.');
  const live = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).on('error', () => resolve(false));
    probe.on('close', () => probe.destroy()).unref();
    probe.once('connect', () => probe.destroy());
  });
  if (live)
    throw new UsageError(
      `somebody listens on ${path} already`,
      'End that firmware model, or choose another path.',
    );
  rmSync(path, { force: true });
}

async function listen(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    throw new UsageError(
      `${path} is longer than the ${SOCKET_PATH_MAX} bytes that Linux allows for a socket`,
      'Choose a shorter path, below /tmp or $XDG_RUNTIME_DIR for example.',
    );
  }
  await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error) =>
      reject(
        new EnvironmentError(
          `cannot listen on ${path}: ${cause.message}`,
          'Choose another path for the socket.',
          {
            cause,
          },
        ),
      );
    server.once('error', refuse);
    server.listen(path, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}
