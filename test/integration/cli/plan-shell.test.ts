// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';

const RECIPES = join(import.meta.dirname, '../../../recipes');
const names = readdirSync(RECIPES).filter((name) => /^(l4t|debian)-.*\.yaml$/.test(name));

test.each(names)('the script of %s is sound, whole, and sends nobody elsewhere', async (name) => {
  const recipe = name.replace('.yaml', '');
  const { stdout, code } = await runCli(['plan', recipe, '--shell', '--work', "/tmp/it's a folder"]);
  expect(code).toBe(0);
  await execa('shellcheck', ['-'], { input: stdout });
  const { stdout: json } = await runCli(['plan', recipe, '--json']);
  const ids: string[] = JSON.parse(json).steps.map(({ id }: { id: string }) => id);
  for (const id of ids) expect(stdout).toMatch(new RegExp(`^# ${id}: .*\n\\(\nmkdir [^]+\n\\)$`, 'm'));
  // A comment that tells the reader to do something by himself would be a hole in the script.
  expect(stdout).not.toMatch(/^# (Wants|Debian has)/m);
});
