// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/** One line of the transcript (NDJSON). `t` is ms since the model started. */
export type TranscriptEntry =
  /** `broken`: a frame with a wrong magic or size; the connection is closed. */
  | { readonly t: number; readonly event: 'connect' | 'disconnect' | 'broken'; readonly master: number }
  | TransferEntry;

/** One transfer. */
export type TransferEntry = {
  readonly t: number;
  readonly event: 'transfer';
  readonly master: number;
  readonly mrq: string;
  readonly cmd?: string;
  readonly id?: number;
  readonly name?: string;
  /** Bytes of request and answer. */
  readonly tx: number;
  readonly rx: number;
  /** As in the answer; absent where there was none. */
  readonly status?: number;
  readonly ret?: number;
  /** From the request's arrival to its answer, microseconds. */
  readonly us: number;
  /** Absent unless a script meddled. */
  readonly scripted?: true;
};

/** Lines are written together, at the latest after this many ms. */
const FLUSH_MS = 50;
const FLUSH_LINES = 500;

/** Appends entries to a file. */
export class Transcript {
  readonly #fd: number;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @throws {UsageError} the file cannot be made */
  constructor(file: string) {
    try {
      this.#fd = openSync(file, 'w');
    } catch (cause) {
      throw new UsageError(
        `cannot write the transcript ${file}`,
        'Choose a folder that exists and is yours.',
        {
          cause,
        },
      );
    }
  }

  add(entry: TranscriptEntry): void {
    this.#lines.push(JSON.stringify(entry));
    if (this.#lines.length >= FLUSH_LINES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Write what is pending. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length > 0) writeSync(this.#fd, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }
}
