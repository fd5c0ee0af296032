// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { inTurn, row } from '../../helpers/bench/row.ts';
import { type CliResult, runCli } from '../../helpers/cli.ts';
import { toyBench } from '../../helpers/toy-bench.ts';

const ROUNDS = 9;

/** ms that a bare Node takes to do nothing. */
async function bareNode(): Promise<number> {
  const start = performance.now();
  await execa(process.execPath, ['-e', '0']);
  return performance.now() - start;
}

const good = async (result: Promise<CliResult>): Promise<number> => {
  const { code, stderr, ms } = await result;
  expect(`${code} ${stderr}`).toBe('0 ');
  return ms;
};
const node = (samples: readonly number[]) => ({ what: '`node -e 0`', samples: [...samples] });

it('--help takes little longer than Node itself', async () => {
  const { ours, theirs } = await inTurn(ROUNDS, () => good(runCli(['--help'])), bareNode);
  const what = '`bpmp-virt --help`';
  await row({ id: '6-help', what, unit: 'ms', ours, against: node(theirs), atMost: 3 });
});

it('a build with nothing to do takes little longer than Node itself', async () => {
  const { build } = await toyBench();
  await good(build());
  const { ours, theirs } = await inTurn(ROUNDS, () => good(build()), bareNode);
  const what = '`build` with nothing to do, toy trees';
  await row({ id: '6-nothing-to-do', what, unit: 'ms', ours, against: node(theirs), atMost: 8 });
});
