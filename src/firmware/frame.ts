// SPDX-License-Identifier: Apache-2.0
import { PAYLOAD_MAX } from './abi.ts';
import type { Answer } from './answer.ts';

/** "BMP1", little-endian. */
export const MAGIC = 0x31504d42;
const HEAD = 16;

/** One request as it is on the wire. */
export type RequestFrame = { readonly mrq: number; readonly tx: Buffer; readonly rxRoom: number };

/** Cuts a stream into requests. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * All requests that are whole with these bytes.
   *
   * @returns undefined where the magic or a size is wrong: the connection cannot go on
   */
  push(bytes: Buffer): RequestFrame[] | undefined {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: RequestFrame[] = [];
    let at = 0;
    while (all.length - at >= HEAD) {
      const txSize = all.readUInt32LE(at + 8);
      const rxRoom = all.readUInt32LE(at + 12);
      if (all.readUInt32LE(at) !== MAGIC || txSize > PAYLOAD_MAX || rxRoom > PAYLOAD_MAX) return undefined;
      if (all.length - at - HEAD < txSize) break;
      frames.push({ mrq: all.readUInt32LE(at + 4), tx: all.subarray(at + HEAD, at + HEAD + txSize), rxRoom });
      at += HEAD + txSize;
    }
    this.#rest = all.subarray(at);
    return frames;
  }
}

/** The bytes of an answer: u32 magic, s32 status, s32 ret, u32 rx_size, rx; cut to `rxRoom`. */
export function encodeAnswer({ status, ret, rx }: Answer, rxRoom: number): Buffer {
  const size = Math.min(rx.length, rxRoom);
  const frame = Buffer.allocUnsafe(HEAD + size);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeInt32LE(status, 4);
  frame.writeInt32LE(ret, 8);
  frame.writeUInt32LE(size, 12);
  rx.copy(frame, HEAD, 0, size);
  return frame;
}
