// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { hashFile, readBytes, readText } from '../../src/read-file.ts';
import { runCli } from '../helpers/cli.ts';
import { tmpDir } from '../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('files are read', () => {
  test('whole where they are regular, also those of /proc, which say that they are empty', async () => {
    const file = join(tmpDir(), 'a');
    writeFileSync(file, 'abc');
    expect(await readText(file)).toBe('abc');
    expect(await hashFile(file)).toMatch(/^ba7816bf/);
    expect(await readText('/proc/version')).toContain('Linux');
  });

  test('no further than they may be', async () => {
    const file = join(tmpDir(), 'a');
    writeFileSync(file, '');
    truncateSync(file, 5000);
    await expect(readBytes(file, 4999)).rejects.toThrow(/more than 4999 bytes/);
    expect(await readBytes(file, 5000)).toHaveLength(5000);
  });

  test.each(['a folder', 'a pipe', 'a device'])('not where it is %s, and without waiting', async (kind) => {
    const folder = tmpDir();
    const pipe = join(folder, 'pipe');
    await execa('mkfifo', [pipe]);
    const path = { 'a folder': folder, 'a pipe': pipe, 'a device': '/dev/zero' }[kind] ?? '';
    await expect(readBytes(path)).rejects.toThrow('is not a regular file');
    await expect(hashFile(path)).rejects.toThrow('is not a regular file');
  });
});

/** Where it is done, and where it is done otherwise for a reason. */
const OTHERWISE = [
  'src/read-file.ts',
  // Templates of this package.
  'src/steps/write-run-script.ts',
];

test('nothing else in src reads a file', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`);
  const reading = files.filter((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return /import \{[^}]*\b(readFile|readFileSync|createReadStream)\b[^}]*\} from 'node:fs/.test(text);
  });
  expect(reading.filter((file) => !OTHERWISE.includes(file))).toEqual([]);
});

test('nothing else in src opens a file, but to write or to lock it', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const opening = files.filter((file) =>
    /import \{[^}]*\bopen(Sync)?\b[^}]*\} from 'node:fs/.test(readFileSync(join(ROOT, 'src', file), 'utf8')),
  );
  expect(opening.sort()).toEqual([
    'engine/step-log.ts',
    'engine/work-lock.ts',
    'read-file.ts',
    'tools/files/append-line.ts',
    'tools/files/output-file.ts',
    'tools/files/with-lock.ts',
    'tools/files/write-file.ts',
  ]);
});

/** Every verb that reads a file whose name a person types. */
const WORDS: readonly (readonly string[])[] = [
  ['build', 'FILE.yaml', '--work', 'work'],
  ['plan', 'FILE.yaml'],
  ['devices', '--dtb', 'FILE'],
  ['policy', '--dtb', 'FILE', '--device', 'uarta'],
  ['policy', 'lint', '--dtb', 'FILE', '--device', 'uarta'],
  ['firmware', '--socket', 'socket', '--script', 'FILE'],
  ['flash', '--explain', 'FILE'],
  ['lock', 'FILE.yaml'],
  ['monitor', 'FILE'],
  ['monitor', 'FILE', '--no-follow'],
];

test.each(WORDS)(
  'bpmp-virt %s %s %s: a pipe, a device and a folder are refused at once',
  async (...words) => {
    const folder = tmpDir('odd');
    await execa(
      'sh',
      [
        '-c',
        'mkfifo pipe pipe.yaml; ln -s /dev/zero zero; ln -s /dev/zero zero.yaml; mkdir folder folder.yaml',
      ],
      {
        cwd: folder,
      },
    );
    for (const name of ['pipe', 'zero', 'folder']) {
      const typed = words.map((word) => word.replace('FILE', join(folder, name)));
      const { code, stderr, ms } = await runCli(typed, { cwd: folder, prefix: ['timeout', '20'] });
      expect(`${code} ${stderr}`, typed.join(' ')).toMatch(/^2 error: /);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(ms).toBeLessThan(10_000);
    }
  },
);
