// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseStats, stateChanges, switched } from '../../../src/emulate/report.ts';
import type { TransferEntry } from '../../../src/firmware/transcript.ts';

const state = (uarta: string, reset: string) => ({
  clocks: { osc: 'on 38400000 Hz', uarta },
  resets: { uarta: reset },
  domains: { disp: 'on' },
});

describe('the report of a run', () => {
  it('names what differs, and nothing where all is as before', () => {
    expect(stateChanges(state('off', 'asserted'), state('off', 'asserted'))).toEqual([]);
    expect(stateChanges(state('off', 'asserted'), state('on', 'released'))).toEqual([
      'clock uarta: off -> on',
      'reset uarta: asserted -> released',
    ]);
  });

  it('counts what was switched, without reads and without what failed', () => {
    const entry = { t: 0, event: 'transfer', master: 1, tx: 4, rx: 0, us: 1 } as const;
    const transfer = (mrq: string, cmd: string, name: string, status = 0, ret = 0): TransferEntry => ({
      ...entry,
      ...{ mrq, cmd, name, status, ret },
    });
    expect(
      switched([
        transfer('CLK', 'ENABLE', 'uarta'),
        transfer('CLK', 'GET_RATE', 'uarta'),
        transfer('RESET', 'ASSERT', 'uarta', 0, -13),
        transfer('RESET', 'DEASSERT', 'uarta', -5),
        transfer('CLK', 'ENABLE', 'uarta'),
        transfer('CLK', 'DISABLE', 'uarta'),
      ]),
    ).toEqual(['clock on: uarta (2 times)', 'clock off: uarta']);
  });

  it('reads the host proxy’s counts of each node', () => {
    const stats = parseStats('node bpmp-host\nrequests 206\nrefused 3\nnode bpmp-host-b\nrequests 0\n');
    expect([...stats]).toEqual([
      ['bpmp-host', { requests: 206, refused: 3 }],
      ['bpmp-host-b', { requests: 0 }],
    ]);
  });
});
