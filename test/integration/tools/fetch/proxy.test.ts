// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { download } from '../../../../src/tools/fetch/download.ts';
import { remoteSum } from '../../../../src/tools/fetch/remote-sum.ts';
import { type FileServer, serveFiles } from '../../../helpers/file-server.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

const content = Buffer.from('a driver package');
const sha256 = createHash('sha256').update(content).digest('hex');

/** A proxy that answers with `content` whatever it is asked for, and refuses tunnels; what it was asked. */
async function startProxy() {
  const asked: string[] = [];
  const proxy = createServer((request, answer) => {
    asked.push(`${request.method} ${request.url}`);
    answer.end(content);
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  return { asked, url: `http://127.0.0.1:${port}`, close: () => void proxy.close() };
}

let proxy: Awaited<ReturnType<typeof startProxy>>;
let server: FileServer | undefined;
beforeEach(async () => {
  proxy = await startProxy();
  for (const name of ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  proxy.close();
  await server?.close();
  server = undefined;
});

const fetch = (...urls: string[]) =>
  download(
    { urls, sha256, superseded: {}, into: join(tmpDir(), 'file') },
    { emit: () => undefined, signal: new AbortController().signal, offline: false, pauseMs: 1 },
  );

test('http goes through http_proxy, by the whole address', async () => {
  vi.stubEnv('http_proxy', proxy.url);
  await fetch('http://nvidia.example/bsp.tbz2');
  expect(proxy.asked).toEqual(['GET http://nvidia.example/bsp.tbz2']);
  expect(await remoteSum('http://nvidia.example/sources.tbz2')).toBe(sha256);
  expect(proxy.asked[1]).toBe('GET http://nvidia.example/sources.tbz2');
});

test('https goes through a tunnel of HTTPS_PROXY, and a refusal is told', async () => {
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  await expect(fetch('https://nvidia.example/bsp.tbz2')).rejects.toThrow(/nvidia\.example\/bsp\.tbz2/);
  expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT nvidia.example:443']));
});

test('what no_proxy names is asked directly, also after a redirect', async () => {
  vi.stubEnv('http_proxy', proxy.url);
  vi.stubEnv('no_proxy', 'internal.example,127.0.0.1');
  const away = { content, redirectTo: 'http://nvidia.example/c' };
  server = await serveFiles({ '/a': { content }, '/b': away });
  await fetch(server.url('/a'));
  expect(proxy.asked).toEqual([]);
  await fetch(server.url('/b'));
  expect(proxy.asked).toEqual(['GET http://nvidia.example/c']);
});
