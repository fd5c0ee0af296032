// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import { MAGIC } from '../../../src/firmware/frame.ts';

export type Reply = { readonly status: number; readonly ret: number; readonly rx: Buffer };

/** The other end of the firmware model's socket: sends frames, gives answers in order. */
export class BpmpClient {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  readonly #waiting: ((reply: Reply) => void)[] = [];
  readonly closed: Promise<void>;

  constructor(path: string) {
    this.socket = connect(path);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => resolve());
    });
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('data', (bytes) => this.#receive(Buffer.from(bytes)));
  }

  #receive(bytes: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    while (this.#buffer.length >= 16) {
      const size = this.#buffer.readUInt32LE(12);
      if (this.#buffer.length < 16 + size) return;
      const frame = this.#buffer.subarray(0, 16 + size);
      this.#buffer = this.#buffer.subarray(16 + size);
      this.#waiting.shift()?.({
        status: frame.readInt32LE(4),
        ret: frame.readInt32LE(8),
        rx: frame.subarray(16),
      });
    }
  }

  transfer(mrq: number, tx: Buffer, room = 120): Promise<Reply> {
    this.socket.write(frame(mrq, tx, room));
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  clk(cmd: number, id: number, ...words: number[]): Promise<Reply> {
    return this.transfer(22, words32(((cmd << 24) | id) >>> 0, ...words));
  }

  /** CLK commands with a rate: head, s32 unused, s64 rate. */
  rate(cmd: number, id: number, rate: number): Promise<Reply> {
    return this.clk(cmd, id, 0, rate >>> 0, Math.floor(rate / 2 ** 32));
  }

  reset(cmd: number, id: number): Promise<Reply> {
    return this.transfer(20, words32(cmd, id));
  }

  pg(cmd: number, id: number, ...words: number[]): Promise<Reply> {
    return this.transfer(66, words32(cmd, id, ...words));
  }

  /** Private line state: kind 0 a clock, 1 a reset. */
  async line(kind: number, id: number): Promise<number> {
    return (await this.transfer(0x7fff0001, words32(kind, id))).rx.readUInt32LE(0);
  }

  async close(): Promise<void> {
    this.socket.end();
    await this.closed;
  }
}

export function frame(mrq: number, tx: Buffer, room: number): Buffer {
  return Buffer.concat([words32(MAGIC, mrq, tx.length, room), tx]);
}

export function words32(...words: number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}
