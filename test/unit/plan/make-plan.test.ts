// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { makePlan, withDevices } from '../../../src/plan/make-plan.ts';
import type { Plan, PlannedStep } from '../../../src/plan/plan.ts';
import { planDownload } from '../../../src/plan/source-steps.ts';
import type { StepKind } from '../../../src/plan/step-options.ts';
import { type LoadedRecipe, loadRecipe } from '../../../src/recipe/load.ts';

const recipes = join(import.meta.dirname, '../../../recipes');
const names = readdirSync(recipes)
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'))
  .map((name) => name.replace('.yaml', ''));
const load = (name: string) => loadRecipe(name, { recipes, cwd: '/' });
const plan = async (name: string) => makePlan(await load(name));

function only<K extends StepKind>({ steps }: Plan, kind: K): Extract<PlannedStep, { kind: K }>[] {
  return steps.filter((step): step is Extract<PlannedStep, { kind: K }> => step.kind === kind);
}

test.each(names)(
  '%s: ids differ, every step comes after those it waits for, and it is plain JSON',
  async (name) => {
    const made = await plan(name);
    const seen = new Set<string>();
    for (const step of made.steps) {
      expect(seen).not.toContain(step.id);
      for (const before of [...step.after, ...(step.orderOnly ?? [])]) expect(seen).toContain(before);
      seen.add(step.id);
    }
    expect(made.steps.at(-1)?.kind).toBe('pack-bundle');
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  },
);

test('l4t-36.3 does what the documented procedure does, in its places', async () => {
  const made = await plan('l4t-36.3');
  expect(only(made, 'fetch-archive')[0]?.options).toMatchObject({
    sha256: 'b4656540831e74b911e2506d2c567cbb146fddd5942b675f80c2f610d6a40f43',
    superseded: { '47692375f4d1f9e1b2df8bb48b3b55546e0bfe1610551bdaafe2c62d44a46052': expect.any(String) },
  });
  const trees = only(made, 'sync-tree').map(({ options }) => options);
  expect(trees).toHaveLength(10);
  expect(trees[2]).toEqual({
    urls: [
      'https://gitlab.com/nvidia/nv-tegra/linux-nv-oot.git',
      'https://nv-tegra.nvidia.com/r/linux-nv-oot.git',
    ],
    ref: 'jetson_36.3',
    commit: '564ce2a709cfb300aa2cb092a708452d2ce2c274',
    into: 'work:Linux_for_Tegra/source/nvidia-oot',
  });
  expect(trees.at(-1)).toMatchObject({
    ref: 'v6.12.5',
    into: 'work:Linux_for_Tegra/source/kernel/kernel-612',
  });
  expect(only(made, 'link-overlay')[0]?.options.links.map(({ at }) => at)).toEqual([
    'drivers/firmware/tegra/bpmp-guest-proxy',
    'drivers/firmware/tegra/bpmp-host-proxy',
  ]);
  expect(only(made, 'configure-kernel')[0]?.options.wanted).toMatchObject({ CONFIG_VFIO_IOMMU_TYPE1: 'y' });
});

describe('another way to the sources', () => {
  const withL4t = async (change: object): Promise<LoadedRecipe> => {
    const loaded = await load('l4t-36.3');
    const { l4t } = loaded.recipe;
    return l4t === undefined
      ? loaded
      : { ...loaded, recipe: { ...loaded.recipe, l4t: { ...l4t, ...change } } };
  };

  test('the BSP’s own script, with the commits that its trees must have', async () => {
    const [step] = only(makePlan(await withL4t({ sources: 'source-sync' })), 'sync-bsp');
    expect(step?.options).toMatchObject({ source: 'work:Linux_for_Tegra/source', tag: 'jetson_36.3' });
    expect(step?.options.trees).toHaveLength(9);
  });

  test('public_sources.tbz2', async () => {
    const made = makePlan(await withL4t({ sources: 'public-sources' }));
    expect(only(made, 'unpack-public-sources')[0]?.after).toEqual(['l4t-public-sources-fetch', 'l4t']);
    expect(only(made, 'sync-tree')).toHaveLength(1);
  });

  test('none', async () => {
    expect(only(makePlan(await withL4t({ sources: 'none' })), 'sync-tree')).toHaveLength(1);
  });
});

test('a fork of QEMU is built as it is', async () => {
  const made = await plan('l4t-36.3-qemu-fork');
  expect(only(made, 'copy-overlay')).toEqual([]);
  expect(only(made, 'apply-patches')).toHaveLength(1);
  expect(only(made, 'build-qemu')[0]?.after).toEqual(['qemu-source']);
});

test('a tree of the user’s is used where it is', async () => {
  const loaded = await load('debian-6.12');
  const { recipe } = loaded;
  const source = { kind: 'path' as const, path: '/home/me/linux' };
  const made = makePlan({ ...loaded, recipe: { ...recipe, kernel: { ...recipe.kernel, source } } });
  expect(made.steps[0]).toMatchObject({
    id: 'kernel-overlay',
    after: [],
    options: { tree: '/home/me/linux' },
  });
});

test('a download without sha256 is refused, all of them at once', async () => {
  const loaded = await load('debian-6.12');
  const { recipe } = loaded;
  const source = {
    kind: 'http' as const,
    urls: ['https://example.com/a.tar.xz'] as [string],
    superseded: {},
  };
  const floating = { ...recipe, kernel: { ...recipe.kernel, source }, qemu: { ...recipe.qemu, source } };
  expect(() => makePlan({ ...loaded, recipe: floating })).toThrow(UsageError);
  expect(() => makePlan({ ...loaded, recipe: floating })).toThrow('no sha256 for kernel.source, qemu.source');
});

test('several machines have places of their own', async () => {
  const loaded = await load('debian-6.12');
  const [first] = loaded.recipe.vms;
  const second = { ...first, name: 'second', devices: ['gen8_i2c'], platformBus: '64M' };
  const vms = [first, second] as LoadedRecipe['recipe']['vms'];
  const made = makePlan({ ...loaded, recipe: { ...loaded.recipe, vms } });
  expect(only(made, 'render-guest-tree').map(({ options }) => options.into)).toEqual([
    'work:dt/guest.dtb',
    'work:dt/guest-second.dtb',
  ]);
  for (const kind of ['render-guest-tree', 'write-run-script'] as const)
    expect(only(made, kind).map(({ options }) => options.machine.platformBus)).toEqual([undefined, '64M']);
  expect(only(made, 'render-host-overlay')[0]?.options.vms).toHaveLength(2);
  expect(only(made, 'pack-bundle')[0]?.options.files).toMatchObject({
    'guest.dtb': 'work:dt/guest.dtb',
    '.': 'work:run',
    'second/guest.dtb': 'work:dt/guest-second.dtb',
    second: 'work:run-second',
  });
});

test('an image of the guest is copied, and its launcher says what of it is the root', async () => {
  const loaded = await load('debian-6.12');
  const [first] = loaded.recipe.vms;
  const urls = ['https://images.example/some%20guest.img'];
  const mine = { kind: 'path', path: './my guest.img', root: '/dev/vda' };
  const fetched = { kind: 'http', urls, sha256: 'a'.repeat(64), superseded: {}, root: '/dev/vda2' };
  const vms = [
    { ...first, rootfs: mine },
    { ...first, name: 'second', devices: ['gen8_i2c'], rootfs: fetched },
  ] as unknown as LoadedRecipe['recipe']['vms'];
  const made = makePlan({ ...loaded, file: '/home/me/mine.yaml', recipe: { ...loaded.recipe, vms } });
  const archive = `cache:downloads/${fetched.sha256}/some_guest.img`;
  const name = 'rootfs_ubuntu_nvidia_orin.img.raw';
  expect(only(made, 'guest-image').map(({ options }) => options)).toEqual([
    { image: '/home/me/my guest.img', root: '/dev/vda', into: `work:image/${name}` },
    { image: archive, sha256: fetched.sha256, root: '/dev/vda2', into: `work:image-second/${name}` },
  ]);
  expect(made.steps.find(({ id }) => id === 'guest-image-second-fetch')?.options).toMatchObject({ urls });
  expect(only(made, 'write-run-script').map(({ options }) => options.root)).toEqual([
    '/dev/vda',
    '/dev/vda2',
  ]);
});

test('a Debian for the guest is made with the modules of the kernel that it runs, where there are any', async () => {
  const loaded = await load('debian-6.12');
  const [first] = loaded.recipe.vms;
  const words = {
    kind: 'debian',
    mirror: 'http://m.example/debian',
    suites: ['bookworm'],
    packages: ['gdb'],
  };
  const rootfs = { ...words, user: 'me', key: './me.pub', autologin: false, size: '3G' };
  const vms = [{ ...first, rootfs }] as unknown as LoadedRecipe['recipe']['vms'];
  const { kernel } = loaded.recipe;
  for (const targets of [['Image'], ['Image', 'modules']] as const) {
    const recipe = { ...loaded.recipe, kernel: { ...kernel, targets: [...targets] }, vms };
    const made = makePlan({ ...loaded, file: '/home/me/mine.yaml', recipe });
    const { kind: _, size: __, ...same } = rootfs;
    expect(only(made, 'make-debian-image').map(({ options }) => options)).toEqual([
      {
        ...same,
        key: '/home/me/me.pub',
        hostname: first?.name,
        mib: 3072,
        epoch: kernel.epoch,
        ...(targets.length === 2 ? { modules: 'work:kernel/modules' } : {}),
        into: 'work:image/rootfs_ubuntu_nvidia_orin.img.raw',
      },
    ]);
    expect(only(made, 'write-run-script')[0]?.options.root).toBe('/dev/vda');
  }
});

test('other devices change the trees and the command, not the kernel and QEMU', async () => {
  const loaded = await load('debian-6.12');
  const before = makePlan(loaded);
  const after = makePlan(withDevices(loaded, ['gen8_i2c']));
  const changed = after.steps.filter((step, at) => JSON.stringify(step) !== JSON.stringify(before.steps[at]));
  expect(changed.map(({ kind }) => kind)).toEqual([
    'render-host-overlay',
    'render-guest-tree',
    'write-run-script',
    'pack-bundle',
  ]);
});

test.each(names)(
  '%s: what compiles waits for the host’s tree, and stays as it is for other devices',
  async (name) => {
    const { steps } = await plan(name);
    const at = steps.findIndex(({ id }) => id === 'dt-host');
    const before = steps.slice(0, at).map(({ kind }) => kind);
    for (const kind of ['build-kernel', 'build-qemu', 'build-scmi', 'make-debian-image'])
      expect(before).not.toContain(kind);
    const compiles = steps.filter(({ kind }) => /^build-(kernel|qemu|scmi)$/.test(kind));
    expect(compiles.length).toBeGreaterThan(1);
    for (const step of compiles) {
      expect(step.orderOnly).toEqual(['dt-host']);
      expect(step.after).not.toContain('dt-host');
    }
  },
);

test('a guest over SCMI: no QEMU for the board, bpmp-scmi for both machines, and its files in the bundle', async () => {
  const made = await plan('debian-6.12-stock');
  expect(only(made, 'build-qemu').map(({ options }) => options.host)).toEqual(['build']);
  expect(only(made, 'build-scmi').map(({ options }) => options.out)).toEqual([
    'work:scmi/build/bpmp-scmi',
    'work:scmi/arm64/bpmp-scmi',
  ]);
  expect(only(made, 'render-guest-tree')).toEqual([]);
  expect(only(made, 'render-scmi-tree')[0]?.options).toMatchObject({
    into: 'work:dt/guest.dtbo',
    map: 'work:dt/scmi.map',
  });
  expect(only(made, 'pack-bundle')[0]?.options.files).toMatchObject({
    'bpmp-scmi': 'work:scmi/arm64/bpmp-scmi',
    'guest.dtbo': 'work:dt/guest.dtbo',
    'scmi.map': 'work:dt/scmi.map',
  });
  expect(only(made, 'pack-bundle')[0]?.options.files).not.toHaveProperty('qemu-system-aarch64');
});

test.each([
  ['https://x.example/a%2f..%2f..%2fetc%2fpasswd', 'a_2f.._2f.._2fetc_2fpasswd'],
  ['https://x.example/..%2F..%2Fevil.tbz2', '.._2F.._2Fevil.tbz2'],
  ['https://x.example/%2e%2e', 'download'],
  ['https://x.example/a%00b%0ac.tar', 'a_00b_0ac.tar'],
  ['https://x.example/', 'download'],
  ['https://x.example/a/Jetson_Linux.tbz2?name=../../x', 'Jetson_Linux.tbz2'],
])('an address gives a plain file name below the cache: %s', (url, name) => {
  const { options } = planDownload('x', { urls: [url], sha256: 'a'.repeat(64), superseded: {} });
  expect(options.into).toBe(`cache:downloads/${'a'.repeat(64)}/${name}`);
});
