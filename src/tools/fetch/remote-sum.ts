// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { got } from 'got';
import { throughProxy } from './proxy.ts';

/** A server that sends nothing for this long has gone. */
const SILENCE_MS = 60_000;

/**
 * sha256 of what is at `url`, in hex; nothing is kept.
 *
 * @throws {Error} the server does not answer, or has no such file
 */
export async function remoteSum(url: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  // The bytes that a download will get: not what they decompress to.
  const stream = got.stream(url, {
    ...throughProxy(url),
    headers: { 'accept-encoding': 'identity' },
    decompress: false,
    timeout: { lookup: SILENCE_MS, connect: SILENCE_MS, response: SILENCE_MS, socket: SILENCE_MS },
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
