// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAbilities, requireKernel, storageOf } from '../../../src/deploy/bundle-manifest.ts';
import { planDeploy } from '../../../src/deploy/deploy-plan.ts';
import { kernelAbilities } from '../../../src/plan/kernel-abilities.ts';
import { parseConfig } from '../../../src/tools/build/kconfig.ts';
import { writeTree } from '../../helpers/board/board-tree.ts';
import { ABLE, bundleOf, factsOf, manifestOf, sum } from '../../helpers/board/facts.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const KCONFIG = join(import.meta.dirname, '../../../recipes/kconfig');
const MENU = 'LABEL primary\n  LINUX /boot/Image\n  APPEND root=PARTUUID=1\n';

/** Every symbol that is asked for, as a kernel has it that boots an Orin. */
const GOOD = new Map(
  [...kernelAbilities(new Map()).lacks, ...Object.values(kernelAbilities(new Map()).storage).flat()].map(
    (symbol) => [symbol, 'y'] as const,
  ),
);

describe('what a kernel can, by its configuration', () => {
  test('one with everything', () => {
    expect(kernelAbilities(GOOD)).toEqual(ABLE);
  });
  test.each([...GOOD.keys()])('without %s it is said', (symbol) => {
    const { lacks, storage } = kernelAbilities(new Map([...GOOD, [symbol, 'n']]));
    expect([...lacks, ...Object.values(storage).flat()]).toEqual([symbol]);
  });
  test('a disk’s driver as a module does not count, VFIO as one does', () => {
    const modular = new Map([...GOOD, ['CONFIG_BLK_DEV_NVME', 'm'], ['CONFIG_VFIO_PLATFORM', 'm']]);
    expect(kernelAbilities(modular)).toEqual({
      ...ABLE,
      storage: { ...ABLE.storage, nvme: ['CONFIG_BLK_DEV_NVME'] },
    });
  });
  test.each(['lab.config', 'lab-7.config'])('the small kernel of the demo boots no Orin: %s', (name) => {
    const small = kernelAbilities(parseConfig(readFileSync(join(KCONFIG, name), 'utf8')));
    expect(small.for).toBe('emulation');
    expect([...small.lacks, ...small.storage.mmc, ...small.storage.nvme]).toEqual(
      expect.arrayContaining([
        'CONFIG_ARM_SMMU',
        'CONFIG_EFI',
        'CONFIG_MMC_SDHCI_TEGRA',
        'CONFIG_BLK_DEV_NVME',
      ]),
    );
    expect(() => requireKernel(small, 'nvme')).toThrow(
      /emulated machines and boots no Orin: it lacks CONFIG_/,
    );
  });
});

describe('what a manifest says', () => {
  const read = async (text: string | undefined, image = 'x') => {
    const folder = tmpDir('manifest');
    writeTree(folder, text === undefined ? {} : { 'manifest.json': text });
    return readAbilities(folder, sum(image));
  };
  test('of the very Image', async () => {
    expect(await read(manifestOf('x'))).toEqual(ABLE);
  });
  test.each([
    ['there is none', undefined],
    ['it is not JSON', '{'],
    ['it is of an older version', '{"version":1,"files":[]}'],
    ['it is of another Image', manifestOf('y')],
    ['it is a list', '[]'],
  ])('nothing where %s, and that is refused', async (_, text) => {
    const kernel = await read(text);
    expect(kernel).toBe(undefined);
    expect(() => requireKernel(kernel, 'nvme')).toThrow('does not say what its Image can');
  });
});

describe('a board whose root file system the bundle’s kernel cannot mount', () => {
  const only = (...names: readonly (keyof typeof ABLE.storage)[]) => ({
    ...ABLE,
    storage: Object.fromEntries(
      Object.keys(ABLE.storage).map((name) => [
        name,
        names.some((each) => each === name) ? [] : [`CONFIG_${name}`],
      ]),
    ) as unknown as typeof ABLE.storage,
  });
  const plan = (kernel: typeof ABLE, device: string) =>
    planDeploy(
      { ...bundleOf('aaaa'), kernel },
      factsOf(MENU, { rootMount: device, rootDevices: new Map([['PARTUUID=1', device]]) }),
      'trial',
      new Date(0),
    );
  test.each([
    ['/dev/mmcblk0p1', 'mmc'],
    ['/dev/nvme0n1p1', 'nvme'],
    ['/dev/sda1', 'usb'],
    ['/dev/dm-0', 'dm'],
    ['/dev/mapper/root', 'dm'],
    ['/dev/md0', undefined],
    ['', undefined],
  ] as const)('%s is %s', (device, storage) => {
    expect(storageOf(device)).toBe(storage);
  });
  test.each([
    ['/dev/nvme0n1p1', 'mmc'],
    ['/dev/mmcblk0p1', 'nvme'],
    ['/dev/sda1', 'nvme'],
    ['/dev/dm-0', 'nvme'],
    ['/dev/md0', 'nvme'],
  ] as const)('on %s, and the kernel knows %s alone', (device, name) => {
    expect(() => plan(only(name), device)).toThrow(/cannot mount a root file system on .*it lacks CONFIG_/);
  });
  test('what nobody can see is said', () => {
    const menu = `TIMEOUT 30\n${MENU}`;
    const facts = factsOf(menu, { rootMount: 'nfs:/x', rootDevices: new Map() });
    const { notes } = planDeploy(bundleOf('aaaa'), facts, 'keep', new Date(0));
    expect(notes.join()).toContain('whether the bundle’s kernel can mount it could not be seen');
  });
});
