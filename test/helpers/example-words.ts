// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { makeProgram } from '../../src/cli/program.ts';
import { silentCli } from './silent-cli.ts';

/** Hold a command line against what its verb takes: every option is known, and there are as many arguments as it wants. */
export async function expectWords(line: string): Promise<void> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const end = words.indexOf('>');
  const [program, verb = '', ...rest] = end < 0 ? words : words.slice(0, end);
  expect(program).toBe('bpmp-virt');
  const top = (await makeProgram(silentCli(), [verb])).commands.find((each) => each.name() === verb);
  expect(top, verb).toBeDefined();
  const inner = top?.commands.find((each) => each.name() === rest[0]);
  const { operands, unknown } =
    (inner ?? top)?.parseOptions(inner === undefined ? rest : rest.slice(1)) ?? {};
  expect(unknown).toEqual([]);
  const taken = (inner ?? top)?.registeredArguments ?? [];
  expect(operands?.length).toBeGreaterThanOrEqual(taken.filter(({ required }) => required).length);
  const most = taken.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : taken.length;
  expect(operands?.length).toBeLessThanOrEqual(most);
}
