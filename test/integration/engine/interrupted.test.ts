// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import type { CliOptions } from '../../helpers/cli.ts';
import { eventsOf, toyBench } from '../../helpers/toy-bench.ts';

test('SIGKILL at every step boundary: the next run goes on, the bundle is the same', async () => {
  const { build, bundle, work, folder } = await toyBench();
  const whole = await build(['--json']);
  const boundaries = eventsOf(whole.stdout).filter(
    ({ type }) => type === 'step-start' || type === 'step-done',
  );
  const wanted = bundle();
  rmSync(work, { recursive: true });
  rmSync(join(folder, 'cache'), { recursive: true });

  for (let kills = 0; kills < boundaries.length; kills++) {
    let seen = 0;
    const onLine: CliOptions['onLine'] = (line, child) => {
      const { type } = JSON.parse(line);
      // Each run gets one boundary further than what the runs before it have finished: kill at its second.
      if ((type === 'step-start' || type === 'step-done') && ++seen === 2) child.kill('SIGKILL');
    };
    const { signal, code } = await build(['--json'], { onLine });
    if (signal === undefined) {
      expect(code).toBe(0);
      break;
    }
  }
  const last = await build();
  expect(last.code).toBe(0);
  expect(bundle()).toEqual(wanted);
}, 240_000);

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('%s in the middle of a long step', async (signal) => {
  const { build, bundle, work } = await toyBench();
  await build();
  const wanted = bundle();
  rmSync(work, { recursive: true });

  for (const output of ['LD vmlinux', 'CC parts of it']) {
    const onLine: CliOptions['onLine'] = (line, child) => {
      const event = JSON.parse(line);
      if (event.type === 'output' && event.text.startsWith(output.slice(0, 2))) child.kill(signal);
    };
    const stopped = await build(['--json'], {
      onLine,
      env: { TOY_SLEEP: output.startsWith('CC') ? '30' : '0' },
    });
    if (signal === 'SIGKILL') expect(stopped.signal).toBe('SIGKILL');
    else expect([stopped.code, stopped.stderr]).toEqual([130, expect.stringContaining('goes on from there')]);
  }
  const { code, stdout } = await build();
  expect(code).toBe(0);
  expect(stdout).not.toContain('> kernel-source');
  expect(bundle()).toEqual(wanted);
});

/** A decompressor that hands on the first kilobytes and then sleeps. */
const SLOW_GZIP = '#!/bin/sh\ngzip -dc | { head -c 4096; sleep 30; cat; }\n';

test.each([
  ['a download', 'kernel-fetch'],
  ['an extraction', 'kernel-source'],
  ['the build of QEMU', 'qemu-build'],
])('SIGKILL in the middle of %s', async (_what, step) => {
  const { build, bundle, work, folder, network, asked } = await toyBench();
  await build();
  const wanted = bundle();
  for (const gone of [work, join(folder, 'cache')]) rmSync(gone, { recursive: true });
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  if (step === 'kernel-fetch') network.fault = { after: 1000, end: 'stalls' };
  if (step === 'kernel-source') writeFileSync(join(bin, 'pigz'), SLOW_GZIP, { mode: 0o755 });

  const onLine: CliOptions['onLine'] = (line, child) => {
    const event = JSON.parse(line);
    if (event.type === 'step-start' && event.step === step) setTimeout(() => child.kill('SIGKILL'), 500);
  };
  const env = { PATH: `${bin}:${process.env['PATH']}`, TOY_QEMU_SLEEP: step === 'qemu-build' ? '30' : '0' };
  expect((await build(['--json'], { onLine, env })).signal).toBe('SIGKILL');
  expect(existsSync(join(work, `.bpmp-virt/steps/${step}.json`))).toBe(false);
  network.fault = undefined;

  const { code, stderr } = await build();
  expect([code, stderr]).toEqual([0, '']);
  if (step === 'kernel-fetch') expect(asked).toContain('/linux.tar.gz from 1000');
  expect(bundle()).toEqual(wanted);
});

test('a second run is told who holds the folder; a killed one holds it no longer', async () => {
  const { build, work } = await toyBench();
  let second: Promise<{ code: number | undefined; stderr: string }> | undefined;
  const onLine: CliOptions['onLine'] = (line, child) => {
    if (!line.includes('CC parts of it')) return;
    second ??= build().then((result) => {
      child.kill('SIGKILL');
      return { ...result, stderr: result.stderr.replace(String(child.pid), 'PID') };
    });
  };
  const first = await build(['--json'], { onLine, env: { TOY_SLEEP: '60' } });
  expect(first.signal).toBe('SIGKILL');
  const refused = await second;
  expect(refused?.code).toBe(3);
  expect(refused?.stderr).toContain(`${work} is in use by \`bpmp-virt build `);
  expect(refused?.stderr).toContain('(process PID on ');
  expect((await build()).code).toBe(0);
});
