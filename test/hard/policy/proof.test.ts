// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 test/c/policy
// tools: gcc
// labs: linux-6.12
// minutes: 6
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labKernelTree } from '../../helpers/lab/lab.ts';
import { runScript } from '../../helpers/script.ts';

describe('the policy, its answers and its undo', () => {
  it('are proven for every message, length and policy', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, CACHE: join(KSRC, '../cbmc') };
    const said = await runScript('policy/cbmc.sh', env);
    expect(said.match(/VERIFICATION SUCCESSFUL/g)).toHaveLength(12);
    const found = await runScript('policy/planted.sh', { ...env, PROOFS: 'prove_clk' }, ['cbmc.sh']);
    expect(found).toContain('ids of 12 bits: found');
    expect(found).toContain('no minimum length: found');
  });
});
