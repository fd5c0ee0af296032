// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCli } from '../../helpers/cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

test('debian-6.12 is locked to what the archive has today, and planned so', async () => {
  const cwd = tmpDir('lock');
  const mine = { version: 1, description: 'mine', extends: 'debian-6.12' };
  writeFileSync(join(cwd, 'mine.yaml'), stringify(mine));
  const { code, stderr } = await runCli(['lock', './mine.yaml'], { cwd });
  expect([code, stderr]).toEqual([0, expect.stringContaining('kernel.source: 6.12.')]);
  const { pins } = parse(readFileSync(join(cwd, 'mine.lock.yaml'), 'utf8'));
  expect(pins).toEqual({
    'kernel.source': { version: expect.stringMatching(/^6\.12\.\d+-/) },
    'qemu.source': { version: expect.stringMatching(/^1:7\.2\+dfsg-/) },
  });
  const { stdout } = await runCli(['plan', './mine.yaml', '--json'], { cwd });
  const versions = JSON.parse(stdout).steps.flatMap(
    ({ options }: { options: { package?: string; version?: string } }) =>
      options.package === undefined ? [] : [options.version],
  );
  expect(versions).toEqual([pins['kernel.source'].version, pins['qemu.source'].version]);
});
