// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { got } from 'got';
import { throughProxy } from './proxy.ts';

/**
 * sha256 of what is at `url`, in hex; nothing is kept.
 *
 * @throws {Error} the server does not answer, or has no such file
 */
export async function remoteSum(url: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = got.stream(url, { ...throughProxy(url), ...(signal === undefined ? {} : { signal }) });
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
