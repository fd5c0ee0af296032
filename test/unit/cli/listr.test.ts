// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { CliContext } from '../../../src/cli/context.ts';
import { listrReporter } from '../../../src/cli/report/listr.ts';

test('what was warned of stays on a terminal when the rows are gone, once', async () => {
  const said: string[] = [];
  const cli: CliContext = {
    print: (text) => void said.push(text),
    write: () => undefined,
    warn: (text) => void said.push(text),
    isTerminal: true,
    draws: true,
    columns: 80,
    signal: new AbortController().signal,
    env: {},
    cwd: '/',
  };
  const { emit, close } = listrReporter(cli);
  emit({ type: 'run-start', todo: [], skipped: 3 });
  emit({ type: 'warning', text: 'the eMMC is forced' });
  emit({ type: 'warning', text: 'the eMMC is forced' });
  emit({ type: 'run-done', ran: [], skipped: 3, ms: 1 });
  await close();
  expect(said.slice(0, -1)).toEqual(['warning: the eMMC is forced']);
  expect(said).toHaveLength(2);
});
