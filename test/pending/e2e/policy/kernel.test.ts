// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labKernel, labKernelTree } from '../../../helpers/lab.ts';
import { runScript } from '../../../helpers/script.ts';

describe('the policy between a VM and the BPMP', () => {
  it('does so in a kernel too (KUnit)', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, BUILD: join(KSRC, '../policy-uml') };
    expect(await runScript('policy/kunit.sh', env)).toMatch(/kunit: (\d+) of \1 cases passed/);
  });
});

describe('the kernel overlay and the patch', () => {
  it('pass checkpatch --strict, W=1 and sparse without a word', async () => {
    const { src, out } = await labKernel({ name: 'lab' });
    const said = await runScript('gates/kernel.sh', { KSRC: src, BUILD: out });
    expect(said).toMatch(/bpmp-host-proxy: sparse looked at [1-9]/);
  });
});
