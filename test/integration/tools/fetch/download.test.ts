// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnvironmentError, StepError } from '../../../../src/errors.ts';
import type { RunEvent } from '../../../../src/events.ts';
import { download } from '../../../../src/tools/fetch/download.ts';
import { remoteSum } from '../../../../src/tools/fetch/remote-sum.ts';
import { retryAfterMs } from '../../../../src/tools/fetch/retry-after.ts';
import { type FileServer, type Served, serveFiles } from '../../../helpers/file-server.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

const content = randomBytes(3_000_000);
const other = randomBytes(1_000);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('download', () => {
  let dir: string;
  let server: FileServer;
  let events: RunEvent[];
  beforeEach(async () => {
    dir = tmpDir();
    events = [];
  });
  afterEach(() => server?.close());

  const fetch = async (files: Record<string, Served>, paths: string[], more: { offline?: boolean } = {}) => {
    server = await serveFiles(files);
    const into = join(dir, 'cache/file.tbz2');
    const superseded = { [sha256(other)]: 'the first upload, replaced about 16 May 2024' };
    await download(
      { urls: paths.map((path) => server.url(path)), sha256: sha256(content), superseded, into },
      {
        emit: (event) => events.push(event),
        signal: new AbortController().signal,
        offline: more.offline ?? false,
        pauseMs: 1,
      },
    );
    return readFile(into);
  };

  it('brings a file, tells progress, and does not ask again', async () => {
    expect((await fetch({ '/a': { content } }, ['/a'])).equals(content)).toBe(true);
    expect(events.some((event) => event.type === 'progress' && event.total === content.length)).toBe(true);
    await server.close();
    expect((await fetch({}, ['/a'])).equals(content)).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('goes on where the connection broke', async () => {
    const got = await fetch({ '/a': { content, breaksAfter: 1_000_000 } }, ['/a']);
    expect(got.equals(content)).toBe(true);
    expect(server.requests[1]).toMatch(/^GET \/a bytes=\d+-$/);
    expect(Number(/=(\d+)/.exec(server.requests[1] ?? '')?.[1])).toBeGreaterThan(0);
  });

  it('goes on from what a killed run left, and begins anew where the server has no ranges', async () => {
    for (const noRanges of [false, true]) {
      dir = tmpDir();
      await writeFile(join(dir, 'x'), '');
      const { mkdir } = await import('node:fs/promises');
      await mkdir(join(dir, 'cache'));
      await writeFile(join(dir, 'cache/file.tbz2.part'), content.subarray(0, 12_345));
      expect((await fetch({ '/a': { content, noRanges } }, ['/a'])).equals(content)).toBe(true);
      expect(server.requests).toEqual(['GET /a bytes=12345-']);
      if (!noRanges) await server.close();
    }
  });

  it('is not fooled by a half of another file', async () => {
    const { mkdir } = await import('node:fs/promises');
    await mkdir(join(dir, 'cache'));
    await writeFile(join(dir, 'cache/file.tbz2.part'), other);
    expect((await fetch({ '/a': { content } }, ['/a'])).equals(content)).toBe(true);
    expect(server.requests).toEqual(['GET /a bytes=1000-', 'GET /a']);
  });

  it('takes the next mirror after a 404, and follows a redirect', async () => {
    const files = { '/b': { content: other, redirectTo: '/c' }, '/c': { content } };
    expect((await fetch(files, ['/gone', '/b'])).equals(content)).toBe(true);
    expect(server.requests).toEqual(['GET /gone', 'GET /b', 'GET /c']);
  });

  it('names a superseded upload as such and sets it aside', async () => {
    const error = await fetch({ '/a': { content: other } }, ['/a']).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StepError);
    expect((error as Error).message).toMatch(/superseded: the first upload, replaced about 16 May 2024/);
    expect(await readdir(join(dir, 'cache'))).toEqual([`file.tbz2.bad-${sha256(other).slice(0, 12)}`]);
  });

  it('refuses any other hash, then takes a good mirror', async () => {
    const wrong = randomBytes(10);
    expect((await fetch({ '/a': { content: wrong }, '/b': { content } }, ['/a', '/b'])).equals(content)).toBe(
      true,
    );
    expect((await readdir(join(dir, 'cache'))).sort()).toEqual([
      'file.tbz2',
      `file.tbz2.bad-${sha256(wrong).slice(0, 12)}`,
    ]);
  });

  it('waits as long as a busy server asks, but not for ever: then it takes the next', async () => {
    const start = performance.now();
    expect((await fetch({ '/a': { content, busy: '1' } }, ['/a'])).equals(content)).toBe(true);
    expect(performance.now() - start).toBeGreaterThan(990);
    expect(server.requests).toEqual(['GET /a', 'GET /a']);
    await server.close();

    dir = tmpDir();
    const files = { '/a': { content, busy: '86400' }, '/b': { content } };
    expect((await fetch(files, ['/a', '/b'])).equals(content)).toBe(true);
    expect(server.requests).toEqual(['GET /a', 'GET /b']);
    expect(JSON.stringify(events)).toContain('answers 503, and wants to be asked again in 86400 s');
  });

  it('takes what the server has, byte for byte, however it says that it is encoded', async () => {
    const packed = gzipSync(content.subarray(0, 5000));
    const served = { content: packed, encoding: 'gzip' };
    server = await serveFiles({ '/a': served });
    expect(await remoteSum(server.url('/a'))).toBe(sha256(packed));
    const into = join(dir, 'packed.gz');
    const ctx = { emit: () => undefined, signal: new AbortController().signal, offline: false };
    await download({ urls: [server.url('/a')], sha256: sha256(packed), superseded: {}, into }, ctx);
    expect((await readFile(into)).equals(packed)).toBe(true);
  });

  it('asks a busy server again for the sum that a lock wants', async () => {
    server = await serveFiles({ '/a': { content, busy: '1' } });
    expect(await remoteSum(server.url('/a'))).toBe(sha256(content));
    await expect(remoteSum(server.url('/none'))).rejects.toThrow('the server answers 404');
    expect(server.requests).toEqual(['GET /a', 'GET /a', 'GET /none']);
  });

  it('does not touch the network offline', async () => {
    await expect(fetch({ '/a': { content } }, ['/a'], { offline: true })).rejects.toThrow(EnvironmentError);
    expect(server.requests).toEqual([]);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  it.each([
    ['120', 120_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['soon', 0],
    ['-5', 0],
    ['9'.repeat(30), 0],
    ['', 0],
    [undefined, 0],
  ])('%s', (header, wanted) => expect(retryAfterMs(header, now)).toBe(wanted));
});
