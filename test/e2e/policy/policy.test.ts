// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labKernelTree } from '../../helpers/lab/lab.ts';
import { runScript } from '../../helpers/script.ts';

describe('the policy between a VM and the BPMP', () => {
  it('decides as docs/policy.md says, on every command, class and length', async () => {
    const KSRC = await labKernelTree();
    const env = { KSRC, BUILD: join(KSRC, '../policy-units') };
    expect(await runScript('policy/units.sh', env)).toContain('ok clk_commands_test');
    expect(await runScript('policy/planted.sh', env, ['units.sh'])).toContain('ids of 12 bits: found');
  });
});
