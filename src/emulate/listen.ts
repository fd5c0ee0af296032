// SPDX-License-Identifier: Apache-2.0
import { createServer, type Socket } from 'node:net';

/** A unix socket that one QEMU chardev connects to. */
export type UnixSocketLine = {
  /** Send to the machine; kept until it has connected. */
  readonly write: (bytes: Buffer | string) => void;
  readonly close: () => Promise<void>;
};

/** Listen on `path` and give `onBytes` what the machine sends. */
export async function listenLine(path: string, onBytes: (bytes: Buffer) => void): Promise<UnixSocketLine> {
  let peer: Socket | undefined;
  let early: (Buffer | string)[] = [];
  const server = createServer((socket) => {
    peer = socket;
    socket.on('data', (bytes) => onBytes(Buffer.from(bytes)));
    socket.on('error', () => socket.destroy());
    for (const bytes of early.splice(0)) socket.write(bytes);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    write: (bytes) => {
      if (peer === undefined) early.push(bytes);
      else if (!peer.destroyed) peer.write(bytes);
    },
    close: () => {
      early = [];
      peer?.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
