// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 test/c/policy
// tools: clang
// labs: linux-6.12
// minutes: 4
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labKernelTree } from '../../helpers/lab/lab.ts';
import { runScript } from '../../helpers/script.ts';

describe('the policy, its answers and its undo', () => {
  it('hold for a minute of fuzzing under ASan and UBSan', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, BUILD: join(KSRC, '../policy-fuzz') };
    expect(await runScript('policy/fuzz.sh', env)).toContain('number_of_executed_units');
  });

  it('would not, with a defect planted', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, BUILD: join(KSRC, '../policy-planted') };
    const found = await runScript('policy/planted.sh', env, ['fuzz.sh']);
    expect(found).toContain('ids of 12 bits: found');
    expect(found).toContain('no minimum length: found');
  });
});
