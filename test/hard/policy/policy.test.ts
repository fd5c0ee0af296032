// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cTest } from '../../helpers/c-test.ts';
import { labKernelTree } from '../../helpers/lab.ts';

describe('the policy, its answers and its undo', () => {
  it('hold for a minute of fuzzing under ASan and UBSan', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, BUILD: join(KSRC, '../policy-fuzz') };
    expect(await cTest(['policy/fuzz.sh'], env)).toContain('number_of_executed_units');
  });

  it('would not, with a defect planted', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, BUILD: join(KSRC, '../policy-planted') };
    const found = await cTest(['policy/planted.sh', 'fuzz.sh'], env);
    expect(found).toContain('ids of 12 bits: found');
    expect(found).toContain('no minimum length: found');
  });

  it('are proven for every message, length and policy', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, CACHE: join(KSRC, '../cbmc') };
    const said = await cTest(['policy/cbmc.sh'], env);
    expect(said.match(/VERIFICATION SUCCESSFUL/g)).toHaveLength(3);
    const found = await cTest(['policy/planted.sh', 'cbmc.sh'], env);
    expect(found).toContain('ids of 12 bits: found');
    expect(found).toContain('no minimum length: found');
  });
});
