// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { plainProgram } from '../../helpers/bench/plain-program.ts';
import { row } from '../../helpers/bench/row.ts';
import { runGuest } from '../../helpers/emulate/emulate.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROUNDS = 5;

/** ns of `requests` a CPU on 1 and on `cpus` CPUs at once, in turn, with a firmware that answers after `delayMs`. */
async function times(cpus: number, requests: number, delayMs: number) {
  const client = await plainProgram('window-client', tmpDir('bench'));
  const all = Array.from(
    { length: cpus },
    (_, cpu) => `taskset ${(1 << cpu).toString(16)} /tmp/window-client block ${requests} >/dev/null &`,
  );
  const exec = `${client}
now() { set -- $(cat /proc/uptime); echo "$1"; }
i=0
while [ $i -le ${ROUNDS} ]; do
	a=$(now); /tmp/window-client block ${requests} >/dev/null; b=$(now)
	${all.join('\n\t')}
	wait; c=$(now)
	echo "times $a $b $c"
	i=$((i+1))
done`;
  const script = delayMs === 0 ? {} : { script: { rules: [{ mrq: 'CLK', cmd: 'GET_RATE', delayMs }] } };
  const taken: { one: number[]; many: number[] } = { one: [], many: [] };
  await runGuest(
    { name: `bench-cpus-${cpus}-${delayMs}`, version: '7.2', cpus, exec, ...script },
    ({ exit, lines }) => {
      expect(exit).toBe(0);
      const found = lines.flatMap(
        (line) => /^times (\S+) (\S+) (\S+)/.exec(line)?.slice(1).map(Number) ?? [],
      );
      // The first round is not counted.
      for (let at = 3; at < found.length; at += 3) {
        const [a = NaN, b = NaN, c = NaN] = found.slice(at, at + 3);
        taken.one.push(requests / (b - a));
        taken.many.push((cpus * requests) / (c - b));
      }
    },
  );
  return taken;
}

describe('transfers a second of several CPUs against one', () => {
  it.each([
    [2, 500, 1, 1.7],
    [4, 500, 1, 3.5],
    [4, 5_000, 0, undefined],
  ] as const)('%i CPUs, %i requests each, a firmware of %i ms', async (cpus, requests, delayMs, atLeast) => {
    const { one, many } = await times(cpus, requests, delayMs);
    await row({
      id: `3-cpus-${cpus}-${delayMs}ms`,
      what: `transfers of ${cpus} CPUs, a firmware of ${delayMs} ms`,
      unit: '/s',
      ours: many,
      against: { what: 'one CPU', samples: one },
      ...(atLeast === undefined ? {} : { atLeast }),
    });
  });
});
