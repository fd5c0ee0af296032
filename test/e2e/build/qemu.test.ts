// SPDX-License-Identifier: Apache-2.0

import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../../src/tools/apt/debian-version.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';

/** glibc of Ubuntu 22.04, which Jetson Linux 36 is. */
const BOARD_GLIBC = '2.35';
const run = (...command: [string, ...string[]]) => exec(command, '/', { emit: () => undefined });

describe('QEMU for the board', () => {
  it('is an arm64 program that needs no library, and no newer glibc than the board has', async () => {
    const { binary } = await labQemu({ version: '7.2', target: 'arm64' });
    expect(await run('readelf', '--file-header', binary)).toMatch(/Machine:\s+AArch64/);
    expect(await run('readelf', '--program-headers', binary)).not.toMatch(/INTERP/);
    expect(await run('readelf', '--dynamic', binary)).not.toMatch(/NEEDED/);
    const asked = [...(await run('readelf', '--version-info', binary)).matchAll(/GLIBC_([\d.]+)/g)];
    const newer = asked.filter(([, version = '']) => compareVersions(version, BOARD_GLIBC) > 0);
    expect(newer).toEqual([]);
    const content = (await readFile(binary)).toString('latin1');
    expect(content).toContain('vfio-platform');
    expect(content).toContain('nvidia-bpmp-guest');
    process.stdout.write(`board's QEMU: ${Math.round((await stat(binary)).size / 1e6)} MB\n`);
  });
});

describe.each(TESTED_QEMUS)('QEMU %s for this machine', (version) => {
  it('runs, and has our device and vfio-platform', async () => {
    const { binary } = await labQemu({ version });
    expect(await run(binary, '--version')).toContain(`QEMU emulator version ${version}`);
    const devices = await run(binary, '-machine', 'none', '-device', 'help');
    expect(devices).toContain('name "vfio-platform"');
    expect(await run(binary, '-machine', 'virt', '-device', 'nvidia-bpmp-guest,help')).toContain('nvidia');
  });
});
