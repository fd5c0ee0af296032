// SPDX-License-Identifier: Apache-2.0
import type { RunReport } from '../../src/cli/report/run-report.ts';
import type { PolicyId, VmPolicy } from '../../src/policy/policy.ts';

/** What a tree or a log may have for a name, and a page must not take for markup. */
export const HOSTILE_NAMES = [
  '</script><script>document.title = "run"</script>',
  '<img src=x onerror="document.title = \'run\'">',
  '"><iframe srcdoc="<script>parent.document.title = 1</script>">',
  "' onmouseover='x' \\N \\L",
];
const [script = '', image = '', frame = '', quotes = ''] = HOSTILE_NAMES;

/** A transfer as the firmware model writes them down. */
export const transfer = (t: number, cmd: string, status: number, ret = 0) =>
  ({ t, event: 'transfer', master: 1, mrq: 'CLK', cmd, id: 155, tx: 4, rx: 0, status, ret, us: 9 }) as const;

const id = (more: Partial<PolicyId>): PolicyId => ({
  kind: 'clock',
  id: 155,
  name: 'TEGRA234_CLK_UARTA',
  class: 'own',
  reason: 'only devices of this VM use it',
  devices: [],
  otherUsers: [],
  ...more,
});

const policy: VmPolicy = {
  vm: script,
  devices: [],
  keepOff: true,
  forced: [],
  accept: [],
  ids: [
    id({}),
    id({ id: 102, name: 'TEGRA234_CLK_PLLP_OUT0', class: 'shared', reason: image }),
    id({ id: 156, name: frame, class: 'withheld', reason: quotes }),
    id({ id: 0xffff_fffe, name: quotes }),
    id({ kind: 'reset', id: 100, name: image, reason: script }),
  ],
};

const report: RunReport = {
  emulate: 'orin',
  uart: { bytes: 5, hex: '31 32 33 0d 0a', text: '123\r\n', firstAfter: '9.1' },
  refused: 1,
  transfers: 3,
  switched: ['clock on: uarta', `clock off: ${script}`],
  hostProxy: { [image]: { refused: 1 } },
  refusals: [frame],
  notes: [quotes],
  changes: [`clock ${script}: off -> on`],
  seconds: '12.0',
  folder: '/tmp/x',
};

/** The parts of a page, with each kind of hostile name in each place that takes one. */
export const runParts = { policies: [policy], report, clock: id({}) } as const;
