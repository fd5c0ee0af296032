// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Command } from '../../../src/command.ts';
import { makeDisk } from '../../../src/emulate/disk.ts';
import { exec } from '../../../src/tools/process/exec.ts';

const run = (command: Command, cwd: string, env: Readonly<Record<string, string>> = {}) =>
  exec(command, cwd, { emit: () => undefined, env });
const sbin = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bpmp-disk-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('makes a sound ext4 image of files, links and folders', async () => {
  const image = join(folder, 'disk.raw');
  await makeDisk(
    image,
    [
      { type: 'file', path: 'init', mode: 0o755, content: '#!/bin/sh\n' },
      { type: 'link', path: 'sbin/init', target: '../init' },
      { type: 'folder', path: 'proc' },
      { type: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    ],
    run,
  );
  await run(['e2fsck', '-fn', image], folder, sbin);
  const init = await run(['debugfs', '-R', 'stat /init', image], folder, sbin);
  expect(init).toMatch(/Mode:\s+0755/);
  expect(await run(['debugfs', '-R', 'stat /sbin/init', image], folder, sbin)).toContain('"../init"');
  await expect(stat(`${image}.root`)).rejects.toThrow(/ENOENT/);
});
