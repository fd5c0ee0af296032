// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** All shell scripts of the clone, by path from its top: by their ending, or by their first line. */
async function scripts(): Promise<readonly string[]> {
  const words = ['grep', '--untracked', '-lE', '-e', '^#!/bin/(ba)?sh|^# shellcheck shell='];
  const { stdout } = await execa('git', [...words, '--', ':!*.ts', ':!*.md', ':!*.py'], { cwd: ROOT });
  return stdout.split('\n');
}

test('shellcheck finds nothing in any script', async () => {
  const files = await scripts();
  for (const known of ['.ci/run', 'board/run-vm.sh', 'guest/init', 'scripts/setup.sh', 'test/c/host/run.sh'])
    expect(files).toContain(known);
  await execa('shellcheck', files, { cwd: ROOT });
});

test('scripts are indented alike, as .editorconfig says', async () => {
  const { stdout } = await execa('shfmt', ['-l', ...(await scripts())], { cwd: ROOT });
  expect(stdout, '`shfmt -w FILE` fixes these').toBe('');
});

test('both gates can fail', async () => {
  const file = join(tmpDir('planted'), 'planted.sh');
  writeFileSync(file, '#!/bin/sh\nif true; then\n   echo $1\nfi\n');
  await expect(execa('shellcheck', [file])).rejects.toThrow(/SC2086/);
  expect((await execa('shfmt', ['-l', file])).stdout).toBe(file);
});
