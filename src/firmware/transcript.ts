// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { type OutputKind, openOutput } from '../tools/files/output-file.ts';

/** One transfer. */
const transferSchema = z.object({
  t: z.number(),
  event: z.literal('transfer'),
  master: z.number(),
  mrq: z.string(),
  cmd: z.string().optional(),
  id: z.number().optional(),
  name: z.string().optional(),
  /** Bytes of request and answer. */
  tx: z.number(),
  rx: z.number(),
  /** As in the answer; absent where there was none. */
  status: z.number().optional(),
  ret: z.number().optional(),
  /** From the request's arrival to its answer, microseconds. */
  us: z.number(),
  /** Absent unless a script meddled. */
  scripted: z.literal(true).optional(),
});
export type TransferEntry = Readonly<z.infer<typeof transferSchema>>;

/** One line of the transcript (NDJSON). `t` is ms since the model started. */
export const entrySchema = z.discriminatedUnion('event', [
  transferSchema,
  z.object({
    t: z.number(),
    /** `broken`: a frame with a wrong magic or size; the connection is closed. */
    event: z.enum(['connect', 'disconnect', 'broken']),
    master: z.number(),
  }),
]);
export type TranscriptEntry = Readonly<z.infer<typeof entrySchema>>;

/** Lines are written together, at the latest after this many ms. */
const FLUSH_MS = 50;
const FLUSH_LINES = 500;

/** How a transcript is known. */
const TRANSCRIPT: OutputKind = {
  what: 'a transcript',
  isOurs: (head) => /^\{"t":[\d.e+-]+,"event":"/.test(head),
};

/** Writes entries to a file. */
export class Transcript {
  readonly #file: FileHandle;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws {UsageError} something else is there, which stays as it is */
  static async open(path: string): Promise<Transcript> {
    return new Transcript(await openOutput(path, TRANSCRIPT));
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
    if (this.#lines.length > 0) writeSync(this.#file.fd, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }

  async close(): Promise<void> {
    try {
      this.flush();
    } finally {
      await this.#file.close();
    }
  }
}
