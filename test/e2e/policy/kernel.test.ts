// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exec } from '../../../src/tools/process/exec.ts';
import { labKernel, labKernelTree, labPristineKernel } from '../../helpers/lab/lab.ts';
import { runScript } from '../../helpers/script.ts';

const PATCHES = join(import.meta.dirname, '../../../patches/linux-6.12');

describe('the kernel overlay and the patch', () => {
  it('pass checkpatch --strict, W=1 and sparse without a word, for PREEMPT_RT and in frames of 1024 bytes', async () => {
    const fragments = ['debug', 'rt', 'kunit', 'frame'].map((name) => `test/c/kconfig/${name}.config`);
    const { src, out } = await labKernel({ name: 'gates', fragments, targets: [] });
    const said = await runScript('gates/kernel.sh', { KSRC: src, BUILD: out });
    expect(said).toMatch(/bpmp-guest-proxy: sparse looked at [1-9]/);
    expect(said).toMatch(/bpmp-host-proxy: sparse looked at [1-9]/);
  });

  it('has bindings whose examples are valid by them, and no longer with an error planted', async () => {
    const KSRC = await labKernelTree();
    const said = await runScript('gates/bindings.sh', { KSRC, BUILD: join(KSRC, '../bindings') });
    expect(said.match(/the example is valid$/gm)).toHaveLength(2);
    expect(said.match(/: found: /g)).toHaveLength(10);
  });

  it('is made for the very files that the tree has', async () => {
    const src = await labPristineKernel();
    for (const name of (await readdir(PATCHES)).filter((each) => each.endsWith('.patch'))) {
      const text = await readFile(join(PATCHES, name), 'utf8');
      for (const [, path, blob] of text.matchAll(/^diff --git a\/(\S+) .*\nindex (\w+)\.\./gm)) {
        const found = await exec(['git', 'hash-object', path ?? ''], src, { emit: () => undefined });
        expect(found.slice(0, 12), path).toBe(blob);
      }
    }
  });
});
