// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { PlannedStep } from '../../../src/plan/plan.ts';
import { runCli } from '../../helpers/cli.ts';
import { runSteps } from '../../helpers/lab/lab-place.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

type Sysroot = Extract<PlannedStep, { kind: 'build-sysroot' }>;

test('debian-6.12 is locked to what the archive has today, planned so, and its sysroot made of just that', async () => {
  const cwd = tmpDir('lock');
  writeFileSync(
    join(cwd, 'mine.yaml'),
    stringify({ version: 1, description: 'mine', extends: 'debian-6.12-qemu-10.0' }),
  );
  const { code, stderr } = await runCli(['lock', './mine.yaml'], { cwd });
  expect([code, stderr]).toEqual([0, expect.stringContaining('kernel.source: 6.12.')]);
  const { pins } = parse(readFileSync(join(cwd, 'mine.lock.yaml'), 'utf8'));
  expect(pins).toEqual({
    'kernel.source': { version: expect.stringMatching(/^6\.12\.\d+-/) },
    'qemu.source': { version: expect.stringMatching(/^1:10\.0\.\d+\+ds-/) },
    'qemu.sysroot': { versions: expect.objectContaining({ 'libglib2.0-dev': expect.any(String) }) },
    'qemu.meson': { version: expect.stringMatching(/^1\.\d/) },
  });
  const { versions } = pins['qemu.sysroot'];
  // What the named packages need is there as well, and what is built from source.
  expect(Object.keys(versions)).toEqual(
    expect.arrayContaining(['zlib1g-dev', 'libpcre2-dev', 'src:libslirp']),
  );

  const { stdout } = await runCli(['plan', './mine.yaml', '--json'], { cwd });
  const steps: readonly PlannedStep[] = JSON.parse(stdout).steps;
  const planned = steps.flatMap((step) =>
    step.kind === 'fetch-debian-source' ? [step.options.version] : [],
  );
  expect(planned).toEqual([pins['kernel.source'].version, pins['qemu.source'].version]);
  const builds = steps.flatMap((step) => (step.kind === 'build-qemu' ? [step.options.meson] : []));
  expect(builds).toEqual([pins['qemu.meson'].version, pins['qemu.meson'].version]);

  const sysroot = steps.find((step) => step.kind === 'build-sysroot') as Sysroot;
  expect(sysroot.options.versions).toEqual(versions);
  await runSteps([sysroot], join(cwd, 'work'));
  const record = readFileSync(join(cwd, 'work/.bpmp-virt/sources/sysroot-arm64.json'), 'utf8');
  const { 'src:libslirp': slirp, ...packages } = versions;
  const wanted = Object.entries(packages).map(([name, version]) => `${name}=${version}`);
  expect(JSON.parse(record).exact).toBe([...wanted, `libslirp_${slirp}.dsc`].join(' '));

  // A version that has left the archive is not replaced by another one in silence.
  const gone = { ...sysroot.options, versions: { ...versions, 'zlib1g-dev': '1:0.1-1' } };
  await expect(runSteps([{ ...sysroot, options: gone }], join(cwd, 'work'))).rejects.toThrow(
    /the archive has no package zlib1g-dev=1:0\.1-1 /,
  );
});
