// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { kernelAbilities } from '../../../src/plan/kernel-abilities.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { parseConfig } from '../../../src/tools/build/kconfig.ts';
import { labKernelTree } from '../../helpers/lab/lab.ts';
import { runSteps } from '../../helpers/lab/lab-place.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The kernel that this configures takes half an hour to build; that its symbols can all be had is known in seconds. */
it('the real tree can be configured as l4t-36.3 wants it', async () => {
  const loaded = await loadRecipe('l4t-36.3', { recipes: join(ROOT, 'recipes'), cwd: ROOT });
  const planned = makePlan(loaded).steps.find(({ kind }) => kind === 'configure-kernel');
  if (planned?.kind !== 'configure-kernel') throw new Error('l4t-36.3 configures no kernel');
  const tree = await labKernelTree();
  const work = tmpDir('l4t-config');
  const step = { ...planned, options: { ...planned.options, tree, out: 'work:out' }, after: [] };
  await runSteps([step], work);
  const config = parseConfig(await readFile(join(work, 'out/.config'), 'utf8'));
  for (const symbol of [
    'TEGRA_BPMP_HOST_PROXY',
    'TEGRA_BPMP_GUEST_PROXY',
    'KVM',
    'VFIO_PLATFORM',
    'VIRTIO_BLK',
  ])
    expect(config.get(`CONFIG_${symbol}`), symbol).toBe('y');
  // What deploy and flash ask of a bundle; arm64's defconfig has no encryption built in.
  expect(kernelAbilities(config)).toEqual({
    for: 'jetson',
    lacks: [],
    storage: { mmc: [], nvme: [], usb: [], dm: ['CONFIG_BLK_DEV_DM', 'CONFIG_DM_CRYPT'] },
  });
});
