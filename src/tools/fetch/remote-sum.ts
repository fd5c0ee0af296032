// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { got } from 'got';
import { answerOf, HttpStatus } from './http.ts';
import { throughProxy } from './proxy.ts';
import { ATTEMPTS, pauseMs } from './retry-after.ts';

/** A server that sends nothing for this long has gone. */
const SILENCE_MS = 60_000;

/**
 * sha256 of what is at `url`, in hex; nothing is kept. Asked again where the connection breaks or the server is busy.
 *
 * @throws {Error} the server does not answer, or has no such file
 */
export async function remoteSum(url: string, signal?: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sumOnce(url, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const status = error instanceof HttpStatus ? error : undefined;
      const wait = pauseMs(attempt, status?.waitMs ?? 0);
      if (attempt === ATTEMPTS || status?.isFinal === true || wait === undefined) throw error;
      await pause(wait, undefined, signal && { signal });
    }
  }
}

async function sumOnce(url: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  // The bytes that a download will get: not what they decompress to.
  const stream = got.stream(url, {
    ...throughProxy(url),
    headers: { 'accept-encoding': 'identity' },
    decompress: false,
    retry: { limit: 0 },
    throwHttpErrors: false,
    timeout: { lookup: SILENCE_MS, connect: SILENCE_MS, response: SILENCE_MS, socket: SILENCE_MS },
    ...(signal === undefined ? {} : { signal }),
  });
  const { statusCode, headers } = await answerOf(stream);
  if (statusCode !== 200) {
    stream.destroy();
    throw new HttpStatus(statusCode, headers['retry-after']);
  }
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
