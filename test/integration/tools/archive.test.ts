// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import { StepError } from '../../../src/errors.ts';
import { extractArchive } from '../../../src/tools/archive.ts';
import { exec } from '../../../src/tools/exec.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const quiet = { emit: () => undefined };

describe('extractArchive', () => {
  let dir: string;
  let source: string;
  beforeEach(async () => {
    dir = tmpDir();
    source = join(dir, 'source');
    await mkdir(join(source, 'top/inner'), { recursive: true });
    await writeFile(join(source, 'top/inner/tool.sh'), '#!/bin/sh\n');
    await chmod(join(source, 'top/inner/tool.sh'), 0o755);
    await writeFile(join(source, 'top/open'), 'x'.repeat(100_000));
    await chmod(join(source, 'top/open'), 0o666);
    await symlink('inner/tool.sh', join(source, 'top/near'));
    await symlink('/etc/passwd', join(source, 'top/absolute'));
    await link(join(source, 'top/open'), join(source, 'top/hard'));
  });

  const pack = async (flag: string, name: string, words: string[] = ['top']) => {
    await exec(['tar', '-C', source, flag, '-cPf', join(dir, name), ...words], dir, quiet);
    return join(dir, name);
  };

  it.each([
    ['-j', 'a.tbz2'],
    ['-J', 'a.tar.xz'],
    ['-z', 'a.tar.gz'],
    ['--zstd', 'a.tar.zst'],
    ['--sort=name', 'a.tar'],
  ])('unpacks %s with modes and links, whatever the umask', async (flag, name) => {
    const archive = await pack(flag, name);
    const into = join(dir, 'out put');
    const before = process.umask(0o077);
    try {
      await extractArchive({ archive, into, strip: 1 });
    } finally {
      process.umask(before);
    }
    expect((await stat(join(into, 'inner/tool.sh'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(into, 'open'))).mode & 0o777).toBe(0o666);
    expect(await readlink(join(into, 'near'))).toBe('inner/tool.sh');
    expect(await readlink(join(into, 'absolute'))).toBe('/etc/passwd');
    expect((await stat(join(into, 'hard'))).ino).toBe((await stat(join(into, 'open'))).ino);
    expect((await readdir(dir)).filter((entry) => entry.startsWith('.'))).toEqual([]);
  });

  it('has nothing in place where the hash does not hold', async () => {
    const archive = await pack('-j', 'a.tbz2');
    const right = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
    const into = join(dir, 'out');
    await extractArchive({ archive, into, strip: 1, sha256: right });
    await writeFile(join(into, 'mine'), '');
    const wrong = extractArchive({ archive, into, strip: 1, sha256: '0'.repeat(64) });
    await expect(wrong).rejects.toThrow(/has sha256 .* wanted 0000/);
    expect(await readdir(into)).toContain('mine');
  });

  it('refuses a cut-off archive', async () => {
    const archive = await pack('-j', 'a.tbz2');
    const bytes = await readFile(archive);
    await writeFile(archive, bytes.subarray(0, bytes.length - 20));
    const into = join(dir, 'out');
    await expect(extractArchive({ archive, into, strip: 1 })).rejects.toThrow(StepError);
    expect(await readdir(dir)).not.toContain('out');
  });

  it.each([
    ['a name with ..', /path contains '\.\.'/, ['--transform=s,top/open,../escaped,', 'top/open']],
    ['an absolute name', /absolute path/, ['--transform=s,top/open,/tmp/bpmp-virt-escaped,', 'top/open']],
    [
      'a symlink that climbs out',
      /linkpath escapes/,
      ['--transform=s,^inner/tool.sh$,../../../escaped,sRH', 'top/near'],
    ],
    [
      'a hard link that climbs out',
      /linkpath contains '\.\.'/,
      ['--transform=s,^top/open$,../../escaped,hRS', 'top/open', 'top/hard'],
    ],
  ])('refuses %s', async (_, why, words) => {
    const archive = await pack('-z', 'evil.tar.gz', words);
    const into = join(dir, 'safe/out');
    await expect(extractArchive({ archive, into, strip: 0 })).rejects.toThrow(why);
    expect(await readdir(join(dir, 'safe'))).not.toContain('out');
    expect(await readdir(dir)).not.toContain('escaped');
  });

  it('writes nothing through a symlink of the archive', async () => {
    await mkdir(join(dir, 'outside'));
    for (const target of ['../../outside', join(dir, 'outside')]) {
      await exec(['rm', '-rf', join(source, 'door')], dir, quiet);
      await symlink(target, join(source, 'door'));
      const archive = await pack('-z', 'door.tar.gz', ['door']);
      await exec(['rm', join(source, 'door')], dir, quiet);
      await mkdir(join(source, 'door'));
      await writeFile(join(source, 'door/file'), 'evil');
      await exec(
        ['sh', '-c', `gzip -d ${archive} -c > ${dir}/t.tar; tar -C ${source} -rPf ${dir}/t.tar door/file`],
        dir,
        quiet,
      );
      const wish = extractArchive({ archive: join(dir, 't.tar'), into: join(dir, 'out'), strip: 0 });
      await expect(wish).rejects.toThrow();
      expect(await readdir(join(dir, 'outside'))).toEqual([]);
    }
  });
});
