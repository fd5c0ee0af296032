// SPDX-License-Identifier: Apache-2.0
// inputs: scmi test/c/scmi qemu-overlay/include kernel-overlay/include
// tools: clang
// labs: qemu-7.2
// minutes: 20
import { describe, expect, it } from 'vitest';
import { labScmi } from '../../helpers/lab/lab-scmi.ts';
import { runScript } from '../../helpers/script.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

describe('bpmp-scmi', () => {
  it('holds its rules for 10 million fuzzed messages', async () => {
    const { qemu } = await labScmi();
    const BUILD = tmpDir();
    const env = { QEMU: qemu, BUILD, WHICH: 'message', RUNS: '10000000' };
    expect(await runScript('scmi/fuzz.sh', env)).toContain('10000000');
  });

  it('stays whole for ten minutes of fuzzed queues and messages of QEMU', async () => {
    const { qemu } = await labScmi();
    const BUILD = tmpDir();
    const env = { QEMU: qemu, BUILD, WHICH: 'ring', SECONDS_MAX: '600' };
    expect(await runScript('scmi/fuzz.sh', env)).toContain('number_of_executed_units');
  });
});
