// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StepError } from '../../../../src/errors.ts';
import { extractArchive } from '../../../../src/tools/fetch/archive.ts';
import { exec } from '../../../../src/tools/process/exec.ts';
import { findProgram } from '../../../../src/tools/process/programs.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

const quiet = { emit: () => undefined };
/** tar's word for a compression, and a name as such archives have it. */
const KINDS = [
  ['-j', 'a.tbz2'],
  ['-J', 'a.tar.xz'],
  ['-z', 'a.tar.gz'],
  ['--zstd', 'a.tar.zst'],
  ['--sort=name', 'a.tar'],
] as const;

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
    await chmod(join(source, 'top/open'), 0o6666);
    await symlink('inner/tool.sh', join(source, 'top/near'));
    await symlink('/etc/passwd', join(source, 'top/absolute'));
    await link(join(source, 'top/open'), join(source, 'top/hard'));
  });

  const pack = async (flag: string, name: string, words: readonly string[] = ['top']) => {
    await exec(['tar', '-C', source, flag, '-cPf', join(dir, name), ...words], dir, quiet);
    return join(dir, name);
  };

  it.each(KINDS)('unpacks %s with modes and links, whatever the umask', async (flag, name) => {
    const archive = await pack(flag, name);
    const into = join(dir, 'out put');
    const before = process.umask(0o077);
    try {
      await extractArchive({ archive, into, strip: 1 });
    } finally {
      process.umask(before);
    }
    expect((await stat(join(into, 'inner/tool.sh'))).mode & 0o777).toBe(0o755);
    // Who unpacks may be root: nothing is writable for all, or runs as its owner.
    expect((await stat(join(into, 'open'))).mode & 0o7777).toBe(0o664);
    expect(await readlink(join(into, 'near'))).toBe('inner/tool.sh');
    expect(await readlink(join(into, 'absolute'))).toBe('/etc/passwd');
    expect((await stat(join(into, 'hard'))).ino).toBe((await stat(join(into, 'open'))).ino);
    expect((await readdir(dir)).filter((entry) => entry.startsWith('.'))).toEqual([]);
  });

  it.each([
    ['bzip2', ['bzip2']],
    ['pbzip2', ['bzip2', 'pbzip2']],
    ['lbzip2', ['bzip2', 'pbzip2', 'lbzip2']],
  ])('takes %s where %j are installed', async (best, installed) => {
    const archive = await pack('-j', 'a.tbz2');
    const bin = join(dir, 'bin');
    await mkdir(bin);
    const bzip2 = await findProgram('bzip2');
    for (const name of installed) {
      const script = `#!/bin/sh\necho ${name} >${join(dir, 'taken')}\nexec ${bzip2} "$@"\n`;
      await writeFile(join(bin, name), script, { mode: 0o755 });
    }
    vi.stubEnv('PATH', bin);
    await extractArchive({ archive, into: join(dir, 'out'), strip: 1 }).finally(() => vi.unstubAllEnvs());
    expect(await readFile(join(dir, 'taken'), 'utf8')).toBe(`${best}\n`);
    expect(await readdir(join(dir, 'out'))).toContain('open');
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

  const EVIL = [
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
  ] as const;
  const EVIL_OF_ALL_KINDS = KINDS.flatMap(([flag, name]) =>
    EVIL.map(([what, why, words]) => [what, name, flag, why, words] as const),
  );

  it.each(EVIL_OF_ALL_KINDS)('refuses %s in %s', async (_, name, flag, why, words) => {
    const archive = await pack(flag, name, words);
    const into = join(dir, 'safe/out');
    await expect(extractArchive({ archive, into, strip: 0 })).rejects.toThrow(why);
    expect(await readdir(join(dir, 'safe'))).not.toContain('out');
    expect(await readdir(dir)).not.toContain('escaped');
  });

  it.each([
    ['a.tbz2', 'bzip2'],
    ['a.tar.xz', 'xz'],
    ['a.tar.gz', 'gzip'],
    ['a.tar.zst', 'zstd'],
    ['a.tar', 'cat'],
  ])('writes nothing through a symlink in %s', async (name, compress) => {
    await mkdir(join(dir, 'outside'));
    for (const target of ['../../outside', join(dir, 'outside')]) {
      await exec(['rm', '-rf', join(source, 'door')], dir, quiet);
      await symlink(target, join(source, 'door'));
      const plain = await pack('--sort=name', 'door.tar', ['door']);
      await exec(['rm', join(source, 'door')], dir, quiet);
      await mkdir(join(source, 'door'));
      await writeFile(join(source, 'door/file'), 'evil');
      await exec(['tar', '-C', source, '-rPf', plain, 'door/file'], dir, quiet);
      const archive = join(dir, name);
      await exec(['sh', '-c', `${compress} <${plain} >${archive}`], dir, quiet);
      const wish = extractArchive({ archive, into: join(dir, 'out'), strip: 0 });
      await expect(wish).rejects.toThrow();
      expect(await readdir(join(dir, 'outside'))).toEqual([]);
    }
  });
});
