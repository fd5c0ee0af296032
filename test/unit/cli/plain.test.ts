// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import { plainReporter } from '../../../src/cli/report/plain.ts';
import { silentCli } from '../../helpers/silent-cli.ts';

afterEach(() => vi.useRealTimers());

test('a step that runs for long gives a sign of life each 30 s, with the last that it said; none after its end', async () => {
  vi.useFakeTimers();
  const said: string[] = [];
  const { emit, close } = plainReporter(silentCli({ print: (text) => void said.push(text) }), false);
  emit({ type: 'step-start', step: 'kernel-build', title: 'build the kernel' });
  emit({ type: 'output', step: 'kernel-build', text: '  CC      kernel/fork.o' });
  vi.advanceTimersByTime(65_000);
  const signs = ['30.0 s', '1 min 00 s'].map((time) => `  kernel-build, ${time}: CC      kernel/fork.o`);
  expect(said).toEqual(['> kernel-build: build the kernel', ...signs]);
  emit({ type: 'step-done', step: 'kernel-build', title: 'build the kernel', ms: 65_000 });
  vi.advanceTimersByTime(65_000);
  expect(said).toHaveLength(4);
  await close();
  expect(vi.getTimerCount()).toBe(0);
});
