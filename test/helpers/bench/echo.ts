// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { MAGIC } from '../../../src/firmware/frame.ts';
import { words32 } from '../emulate/bpmp-client.ts';

const HEAD = 16;

/** A server at the socket `path` that answers each frame of docs/abi.md §3 with success and no payload. */
export async function serveEcho(path: string) {
  const answer = words32(MAGIC, 0, 0, 0);
  const server = createServer((socket) => {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, Buffer.from(bytes)]);
      let at = 0;
      while (rest.length - at >= HEAD && rest.length - at >= HEAD + rest.readUInt32LE(at + 8)) {
        at += HEAD + rest.readUInt32LE(at + 8);
        socket.write(answer);
      }
      rest = rest.subarray(at);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { socket: path, close };
}
