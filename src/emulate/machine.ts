// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Command, formatCommand } from '../command.ts';
import { CommandError, StepError } from '../errors.ts';
import type { Script } from '../firmware/script.ts';
import { type RunningFirmware, startFirmware } from '../firmware/server.ts';
import type { TranscriptEntry } from '../firmware/transcript.ts';
import { type ConsoleListener, ConsoleReader } from './console.ts';
import { listenLine } from './listen.ts';
import type { MachineSockets } from './machine-args.ts';

/** What a machine is started with. */
export type MachineOptions = {
  /** The command line, once the sockets are known. */
  readonly command: (sockets: MachineSockets) => Command;
  /** Keeps console.log, uart.log, transcript.ndjson, qemu.log. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly script?: Script;
  readonly listener: ConsoleListener & {
    readonly onConsole?: (bytes: Buffer) => void;
    readonly onUart?: (bytes: Buffer) => void;
    readonly onEntry?: (entry: TranscriptEntry) => void;
  };
};

/** A QEMU that runs, with the firmware model, the console and the UART's line at this process. */
export type Machine = {
  readonly pid: number;
  readonly firmware: RunningFirmware;
  /** Console text that the init scripts put between marks. */
  readonly sections: ReadonlyMap<string, string>;
  readonly type: (text: Buffer | string) => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Whether `kill` was called. */
  readonly killed: boolean;
  /** Ends when QEMU has ended and everything is put away. */
  readonly ended: Promise<void>;
};

/** What a machine leaves in its folder. */
export const MACHINE_LOGS = ['console.log', 'uart.log', 'qemu.log', 'qemu-trace.log', 'transcript.ndjson'];

/** SIGTERM first; SIGKILL after this many ms. */
const KILL_DELAY_MS = 3_000;

/**
 * Start a machine. However it ends, the process, the sockets and the model are gone when `ended` settles.
 *
 * `ended` rejects with {CommandError} where QEMU failed, and with the signal's reason after an abort.
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { folder, listener, signal } = options;
  signal.throwIfAborted();
  // Paths of sockets are short by law; the folder of the logs may be deep.
  const sockets = await mkdtemp(join(tmpdir(), 'bpmp-virt-'));
  const paths = { firmware: join(sockets, 'fw'), console: join(sockets, 'con'), uart: join(sockets, 'uart') };
  const logs = {
    console: createWriteStream(join(folder, 'console.log')),
    uart: createWriteStream(join(folder, 'uart.log')),
    qemu: createWriteStream(join(folder, 'qemu.log')),
  };
  const reader = new ConsoleReader(listener);
  const firmware = await startFirmware({
    socket: paths.firmware,
    transcript: join(folder, 'transcript.ndjson'),
    ...(options.script === undefined ? {} : { script: options.script }),
    ...(listener.onEntry === undefined ? {} : { onEntry: listener.onEntry }),
  });
  const consoleLine = await listenLine(paths.console, (bytes) => {
    logs.console.write(bytes);
    listener.onConsole?.(bytes);
    reader.push(bytes);
  });
  const uartLine = await listenLine(paths.uart, (bytes) => {
    logs.uart.write(bytes);
    listener.onUart?.(bytes);
  });

  const command = options.command(paths);
  const [program, ...args] = command;
  logs.qemu.write(`${formatCommand(command)}\n`);
  const child = execa(program, args, {
    cwd: folder,
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: KILL_DELAY_MS,
  });
  child.all.on('data', (bytes: Buffer) => logs.qemu.write(bytes));

  const ended = child.then(async (result) => {
    await Promise.all([consoleLine.close(), uartLine.close(), firmware.close()]);
    await Promise.all(Object.values(logs).map((log) => new Promise((done) => log.end(done))));
    await rm(sockets, { recursive: true, force: true });
    if (!result.failed) return;
    signal.throwIfAborted();
    if (result.code === 'ENOENT') {
      throw new StepError(`${program} is not there`, 'Build it first: `bpmp-virt build debian-6.12`.');
    }
    const status = result.signal === undefined ? `exited ${result.exitCode}` : `killed by ${result.signal}`;
    throw new CommandError(
      { line: formatCommand(command), cwd: folder, status, tail: result.all ?? '' },
      `The console, the transfers and QEMU’s own words are in ${folder}.`,
    );
  });
  return {
    pid: child.pid ?? 0,
    firmware,
    sections: reader.sections,
    type: consoleLine.write,
    kill: (name) => void child.kill(name),
    get killed() {
      return child.killed;
    },
    ended,
  };
}
