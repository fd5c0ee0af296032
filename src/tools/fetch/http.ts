// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import got, { type PlainResponse, type Request } from 'got';
import type { Emit } from '../../events.ts';
import { readStream } from '../../read-file.ts';
import { isCode } from '../files/write-file.ts';
import { throughProxy } from './proxy.ts';
import { retryAfterMs } from './retry-after.ts';

/** A server that sends nothing for this long has gone. */
const SILENCE_MS = 60_000;
const PROGRESS_EVERY_MS = 250;

/** The server answered, but with no file. */
export class HttpStatus extends Error {
  readonly status: number;
  /** How long it asks to be left alone, in ms; 0: it asks nothing. */
  readonly waitMs: number;

  constructor(status: number, retryAfter: string | undefined) {
    const waitMs = retryAfterMs(retryAfter, Date.now());
    const wait = waitMs === 0 ? '' : `, and wants to be asked again in ${Math.ceil(waitMs / 1000)} s`;
    super(`the server answers ${status}${wait}`);
    this.name = 'HttpStatus';
    this.status = status;
    this.waitMs = waitMs;
  }

  /** Whether asking again is of no use: it will not give the file. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429 && this.status !== 408;
  }
}

/** Bytes in `path`; 0 where it is not there. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

/**
 * Append to the file `part` what `url` has beyond it, or begin it anew where the server knows no ranges.
 *
 * @returns the sha256 of the whole file, as hex
 * @throws {HttpStatus} the server has no such file, or will not give it
 * @throws {Error} the connection broke; what came is in `part`
 */
export async function receive(
  url: string,
  part: string,
  ctx: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<string> {
  const have = await sizeOf(part);
  const stream = got.stream(url, {
    ...throughProxy(url),
    headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
    decompress: false,
    retry: { limit: 0 },
    timeout: { lookup: SILENCE_MS, connect: SILENCE_MS, response: SILENCE_MS, socket: SILENCE_MS },
    throwHttpErrors: false,
    signal: ctx.signal,
  });
  const { statusCode, headers } = await answerOf(stream);
  // 416: nothing is left to send. What we have is all of it, or of something else: its hash will tell.
  if (statusCode !== 200 && statusCode !== 206 && statusCode !== 416) {
    stream.destroy();
    throw new HttpStatus(statusCode, headers['retry-after']);
  }
  const goesOn = statusCode === 416 || startsAt(headers['content-range'], have);
  const hash = await hashOf(goesOn ? part : undefined);
  if (statusCode === 416) {
    stream.destroy();
    return hash.digest('hex');
  }
  const report = reporter(url, goesOn ? have : 0, Number(headers['content-length']), ctx.emit);
  const source = async function* () {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      report(chunk.length);
      yield chunk;
    }
  };
  await pipeline(source, createWriteStream(part, { flags: goesOn ? 'a' : 'w', flush: true }));
  return hash.digest('hex');
}

/** The head of the answer. @throws {Error} none comes */
export function answerOf(stream: Request): Promise<PlainResponse> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
  });
}

/** Whether an answer of 206 really begins where our file ends. */
function startsAt(range: string | undefined, have: number): boolean {
  return have > 0 && new RegExp(`^bytes ${have}-`).test(range ?? '');
}

/** The hash so far: of `file`, or of nothing. */
async function hashOf(file: string | undefined): Promise<Hash> {
  const hash = createHash('sha256');
  if (file === undefined) return hash;
  for await (const chunk of await readStream(file)) hash.update(chunk);
  return hash;
}

/** Tells progress now and then; `length` is NaN where the server does not say it. */
function reporter(what: string, start: number, length: number, emit: Emit): (bytes: number) => void {
  let done = start;
  let last = 0;
  const total = Number.isNaN(length) ? {} : { total: start + length };
  return (bytes) => {
    done += bytes;
    if (Date.now() - last < PROGRESS_EVERY_MS) return;
    last = Date.now();
    emit({ type: 'progress', what, done, ...total });
  };
}
