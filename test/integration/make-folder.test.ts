// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { makeFolder } from '../../src/tools/files/make-folder.ts';
import { runCli } from '../helpers/cli.ts';
import { tmpDir } from '../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('folders are made', () => {
  test('with those above them, through links, many at once, and again', async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    await Promise.all(
      Array.from({ length: 20 }, async (_, at) => makeFolder(join(folder, 'link/a/b', String(at % 3)))),
    );
    expect(readdirSync(join(folder, 'real/a/b')).sort()).toEqual(['0', '1', '2']);
    chmodSync(join(folder, 'real/a'), 0o750);
    await makeFolder(join(folder, 'real/a'));
    expect(statSync(join(folder, 'real/a')).mode & 0o777).toBe(0o750);
  });

  test('not where something else is, or where the file system takes none: said with the place', async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    for (const [path, place] of [
      [join(folder, 'file'), join(folder, 'file')],
      [join(folder, 'file/a/b'), join(folder, 'file')],
      [join(folder, 'dangling/a'), join(folder, 'dangling')],
      ['/proc/none/a/b', '/proc/none'],
    ] as const) {
      const error = await makeFolder(path).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(EnvironmentError);
      expect(String(error)).toContain(place);
    }
    await expect(makeFolder(join(folder, 'x'.repeat(300)))).rejects.toThrow('ENAMETOOLONG');
  });
});

test('nothing else in src makes folders with those above them', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const making = files
    .filter((name) => name.endsWith('.ts') && name !== 'tools/files/make-folder.ts')
    .filter((name) => {
      const text = readFileSync(join(ROOT, 'src', name), 'utf8');
      return /\bmkdir(Sync)?\((?:[^()]|\([^()]*\))*recursive/.test(text) || /\bmkdirSync\b/.test(text);
    });
  expect(making).toEqual([]);
});

/** Where no folder can be made by anybody. */
const ODD = ['/proc/none', '/sys/none', '/dev/null/a'];

test.each(ODD)('a work folder or a cache at %s is refused at once', async (place) => {
  const folder = tmpDir();
  const recipe = join(ROOT, 'recipes/debian-6.12.yaml');
  const runs = [
    [['build', recipe, '--work', place], {}],
    [['build', recipe, '--work', join(folder, 'work')], { XDG_CACHE_HOME: place }],
  ] as const;
  for (const [words, env] of runs) {
    const { code, stderr } = await runCli(words, {
      env: { XDG_CACHE_HOME: join(folder, 'cache'), ...env },
      prefix: ['timeout', '-k', '1', '20'],
    });
    expect(`${code} ${stderr}`).toMatch(new RegExp(`^[23] (?:.|\\n)*error: .*${place.split('/')[1]}`));
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});
