// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileWhole } from '../../../../src/tools/files/write-file.ts';

describe('writeFileWhole', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'write file '));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('makes the folders above and leaves nothing beside the file', async () => {
    await writeFileWhole(join(dir, 'a/b/c.txt'), 'x');
    expect(await readFile(join(dir, 'a/b/c.txt'), 'utf8')).toBe('x');
    expect(await readdir(join(dir, 'a/b'))).toEqual(['c.txt']);
  });

  it('keeps the mode of the file that was there', async () => {
    const file = join(dir, 'run.sh');
    await writeFileWhole(file, '1', { mode: 0o755 });
    await writeFileWhole(file, '2');
    expect((await stat(file)).mode & 0o777).toBe(0o755);
    expect(await readFile(file, 'utf8')).toBe('2');
  });

  it('sets a given mode whatever the umask', async () => {
    const file = join(dir, 'f');
    const before = process.umask(0o077);
    try {
      await writeFileWhole(file, '1', { mode: 0o644 });
    } finally {
      process.umask(before);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o644);
  });

  it('leaves what was there, and no remains, when it fails', async () => {
    await mkdir(join(dir, 'taken/inner'), { recursive: true });
    await expect(writeFileWhole(join(dir, 'taken'), 'x')).rejects.toThrow();
    expect(await readdir(dir)).toEqual(['taken']);
  });
});
