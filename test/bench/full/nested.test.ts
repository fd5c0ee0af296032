// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { plainProgram, timesOf } from '../../helpers/bench/plain-program.ts';
import { row } from '../../helpers/bench/row.ts';
import { runOrin } from '../../helpers/emulate/emulate-orin.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROUNDS = 5;
/** Of the guest. */
const REQUESTS = 20;
/** Of a program of the host. */
const CALLS = 300;
/** Clocks of TEGRA234: what the first VM owns; what nobody gave it. */
const [UARTA, I2C1] = [155, 48];

it('a request of a guest under KVM costs one trap, and the policy little beside the firmware', async () => {
  const exec = `${await plainProgram('window-client', tmpDir('bench'))}
i=0
while [ $i -lt ${ROUNDS} ]; do
	for use in block payload whole; do /tmp/window-client $use ${REQUESTS}; done
	i=$((i+1))
done`;
  const hostExec = `${await plainProgram('host-client', tmpDir('bench'))}
say host ready
i=0
while [ $i -lt ${ROUNDS} ]; do
	for clock in ${UARTA} ${I2C1}; do say few $(/tmp/host-client /dev/bpmp-host-one $clock ${CALLS}); done
	say many $(/tmp/host-client /dev/bpmp-host-many ${I2C1} ${CALLS})
	i=$((i+1))
done
/bundle/run-vm.sh
say vm exit $?`;
  const vms = [
    { name: 'uart-vm', devices: ['uarta'] },
    { name: 'one', devices: ['uarte'] },
    { name: 'many', devices: ['mgbe0', 'ethernet@6900000', 'ethernet@6a00000', 'hda@3510000'] },
  ];
  await runOrin({ name: 'bench-nested', exec, hostExec, vms }, async ({ lines, marks }) => {
    expect(marks).toContain('guest exit 0');
    const each = (head: string, from: readonly string[], count: number) =>
      timesOf(from, head).map((ns) => ns / count / 1000);
    const [block, payload, whole] = (['block', 'payload', 'whole'] as const).map((use) =>
      each(`window-client ${use}`, lines, REQUESTS),
    ) as [number[], number[], number[]];
    const guest = {
      what: 'a request of a nested guest',
      unit: 'us',
      ours: block,
      ratio: 'against/ours' as const,
    };
    await row({
      ...{ ...guest, id: '2-request-payload' },
      against: { what: 'version 1, payload only', samples: payload },
    });
    await row({
      ...{ ...guest, id: '2-request-whole', atLeast: 20 },
      against: { what: 'version 1, the whole window', samples: whole },
    });
    const refused = each('few host-client refused', marks, CALLS);
    const host = { unit: 'us', ours: refused };
    await row({
      ...{ ...host, id: '4-policy', what: 'a request that the policy refuses', atMost: 0.5 },
      against: {
        what: 'one that the firmware answers',
        samples: each('few host-client answered', marks, CALLS),
      },
    });
    await row({
      ...{ ...host, id: '4-policy-ids', what: 'the same, of a VM with four devices of many ids' },
      ours: each('many host-client refused', marks, CALLS),
      against: { what: 'of one with a single device', samples: refused },
      atMost: 1.5,
    });
  });
});
