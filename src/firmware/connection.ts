// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { encodeAnswer, FrameReader, type RequestFrame } from './frame.ts';
import type { Master } from './master.ts';
import { type Firmware, type RequestOutcome, respond } from './respond.ts';

type Unanswered = {
  readonly frame: RequestFrame;
  readonly outcome: RequestOutcome;
  /** ms since the start. */
  readonly began: number;
};

/** Serve one connection: a master that comes, asks and goes. */
export class Connection {
  readonly #firmware: Firmware;
  readonly #socket: Socket;
  readonly #master: Master;
  readonly #reader = new FrameReader();
  /** Served, not yet answered, in the order of the requests, in which answers go out. A script's delay runs from the request's arrival. */
  readonly #unanswered: Unanswered[] = [];
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
    for (const frame of frames) {
      const began = this.#firmware.now();
      this.#unanswered.push({ frame, began, outcome: respond(this.#firmware, this.#master, frame) });
      this.#answer();
    }
    this.#socket.uncork();
  }

  /** Answer what is due, up to the first request that is not. */
  #answer(): void {
    if (this.#delayed !== undefined) return;
    for (let next = this.#unanswered[0]; next !== undefined; next = this.#unanswered[0]) {
      const { frame, outcome, began } = next;
      const wait = (outcome.delayMs ?? 0) - (this.#firmware.now() - began);
      if (outcome.delayMs !== undefined && wait > 0) {
        this.#delayed = setTimeout(() => {
          this.#delayed = undefined;
          this.#answer();
        }, wait);
        return;
      }
      this.#unanswered.shift();
      this.#finish(frame, outcome, began);
    }
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
    this.#unanswered.length = 0;
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
