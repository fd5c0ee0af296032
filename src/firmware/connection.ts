// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { encodeAnswer, FrameReader, type RequestFrame } from './frame.ts';
import type { Master } from './master.ts';
import { type Firmware, type RequestOutcome, respond } from './respond.ts';

/** Serve one connection: a master that comes, asks and goes. */
export class Connection {
  readonly #firmware: Firmware;
  readonly #socket: Socket;
  readonly #master: Master;
  readonly #reader = new FrameReader();
  /** Answers go out in the order of the requests: behind one that a script delays, requests wait here. */
  #waiting: RequestFrame[] = [];
  #delayed: NodeJS.Timeout | undefined;

  constructor(firmware: Firmware, socket: Socket) {
    this.#firmware = firmware;
    this.#socket = socket;
    this.#master = firmware.model.connect();
    this.#event('connect');
    socket.on('data', (bytes) => this.#receive(Buffer.from(bytes)));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#leave());
  }

  #receive(bytes: Buffer): void {
    const frames = this.#reader.push(bytes);
    if (frames === undefined) {
      this.#event('broken');
      this.#socket.destroy();
      return;
    }
    this.#socket.cork();
    this.#waiting.push(...frames);
    this.#work();
    this.#socket.uncork();
  }

  #work(): void {
    while (this.#delayed === undefined) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#serve(frame);
    }
  }

  #serve(frame: RequestFrame): void {
    const began = this.#firmware.now();
    const response = respond(this.#firmware, this.#master, frame);
    if (response.delayMs === undefined) {
      this.#finish(frame, response, began);
      return;
    }
    this.#delayed = setTimeout(() => {
      this.#delayed = undefined;
      this.#finish(frame, response, began);
      this.#work();
    }, response.delayMs);
  }

  #finish({ tx, rxRoom }: RequestFrame, { answer, what, scripted }: RequestOutcome, began: number): void {
    if (answer !== undefined && !this.#socket.destroyed) this.#socket.write(encodeAnswer(answer, rxRoom));
    const { record, now } = this.#firmware;
    if (record === undefined || what === undefined) return;
    record({
      t: round(began),
      event: 'transfer',
      master: this.#master.id,
      ...what,
      tx: tx.length,
      rx: Math.min(answer?.rx.length ?? 0, rxRoom),
      ...(answer === undefined ? {} : { status: answer.status, ret: answer.ret }),
      us: Math.round((now() - began) * 1000),
      ...(scripted ? { scripted } : {}),
    });
  }

  #leave(): void {
    clearTimeout(this.#delayed);
    this.#waiting = [];
    this.#firmware.model.leave(this.#master);
    this.#event('disconnect');
  }

  #event(event: 'connect' | 'disconnect' | 'broken'): void {
    this.#firmware.record?.({ t: round(this.#firmware.now()), event, master: this.#master.id });
  }
}

/** ms with three digits behind the point. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
