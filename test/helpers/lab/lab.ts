// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { LAYOUT } from '../../../src/plan/layout.ts';
import type { PlannedStep } from '../../../src/plan/plan.ts';
import { ccacheEnv } from '../../../src/tools/build/ccache.ts';
import { kernelMake } from '../../../src/tools/build/kernel-make.ts';
import { writeFileWhole } from '../../../src/tools/files/write-file.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { type LabPlace, labPlace, runSteps, step } from './lab-place.ts';
import {
  BOOKWORM,
  CROSS,
  type DebianSource,
  EPOCH,
  hardLinks,
  MIRROR,
  pristine,
  unpacked,
} from './lab-sources.ts';

/**
 * Real kernels for tests, made by the product's own steps and kept outside the clone; folders are laid out as in the
 * product's work folder, so that the compiler's cache serves both. A second call does nothing but look.
 */
const KERNEL_TREE = LAYOUT.kernelTree.replace(/^work:/, '');
const IMAGE = 'arch/arm64/boot/Image';
const LINUX_SOURCE: DebianSource = {
  mirror: MIRROR,
  suites: BOOKWORM,
  package: 'linux-source-6.12',
  form: 'linux-source',
};

/** All absolute. */
export type LabKernel = { readonly src: string; readonly out: string; readonly image: string };

/** By what a kernel is built. */
const MADE_BY = [
  'src/steps/configure-kernel.ts',
  'src/steps/build-kernel.ts',
  'src/tools/build/kernel-make.ts',
];
const kernelPlace = () =>
  labPlace('kernel', [
    ...['kernel-overlay', 'patches/linux-6.12'],
    ...['recipes/kconfig', 'test/c/kconfig', 'test/fixtures/kconfig'],
    ...MADE_BY,
  ]);

const TEGRA = 'drivers/firmware/tegra';
const PROXIES = ['bpmp-guest-proxy', 'bpmp-host-proxy'];

/** A kernel 6.12 tree with our overlay linked in and our patches applied; gives its folder. Build it with O= only. */
export async function labKernelTree(): Promise<string> {
  const place = await kernelPlace();
  return place.alone(() => kernelTree(place));
}

/** A kernel 6.12 tree as Debian has it. Nothing may be built in it or changed. */
export const labPristineKernel = (): Promise<string> => pristine('linux-6.12', LINUX_SOURCE);

/**
 * The kernel of `labKernel({name: 'lab'})` as it would be without overlay and patches, but for the names of our symbols: every
 * file includes autoconf.h, which has them, and so the compiler's cache has all that it needs.
 */
export async function labUnpatchedKernel(): Promise<LabKernel> {
  // Whole: two that are compiled at a time would find nothing of each other's.
  const ours = await labKernel({ name: 'lab' });
  const place = await labPlace('unpatched', [
    'recipes/kconfig/lab.config',
    ...PROXIES.map((name) => `kernel-overlay/${name}/Kconfig`),
    ...MADE_BY,
  ]);
  return place.alone(async () => {
    const tree = join(place.folder, KERNEL_TREE);
    await unpacked('linux-6.12', LINUX_SOURCE, tree);
    for (const folder of ['.', ...PROXIES]) {
      const file = join(TEGRA, folder, 'Kconfig');
      await mkdir(dirname(join(tree, file)), { recursive: true });
      await writeFileWhole(join(tree, file), await readFile(join(ours.src, file)));
    }
    const out = join(place.folder, 'kernel/out');
    await place.run(kernelBuild({ name: 'lab', tree, out, targets: ['Image', 'modules'], after: [] }));
    return { src: tree, out, image: join(out, IMAGE) };
  });
}

/** Kernels beside 6.12 on which the host proxy is attacked: an old one that is still kept up. */
const OTHER_SOURCES = { '6.1': { package: 'linux-source-6.1', suites: BOOKWORM } } as const;

/** An arm64 kernel of another version, as Debian has it, no larger than test/c/host needs. */
export async function labOtherKernel(version: keyof typeof OTHER_SOURCES): Promise<LabKernel> {
  const fragment = 'test/c/host/attack.config';
  const place = await labPlace(`other-${version}`, [fragment, ...MADE_BY]);
  return place.alone(async () => {
    const tree = join(place.folder, KERNEL_TREE);
    const source = { mirror: MIRROR, form: 'linux-source', ...OTHER_SOURCES[version] } as const;
    await unpacked(`linux-${version}`, source, tree);
    const out = join(place.folder, 'kernel/out');
    const wish = { tree, out, targets: ['Image', 'modules'], after: [] } as const;
    await place.run(kernelBuild({ name: `other-${version}`, base: fragment, ...wish }));
    return { src: tree, out, image: join(out, IMAGE) };
  });
}

type Target = 'Image' | 'dtbs' | 'modules';

/**
 * An arm64 kernel. `fragments` (from the clone's top, below the folders that key the place) come after
 * recipes/kconfig/lab.config, over allnoconfig; every line of them is checked in the result. One `name` is one build folder,
 * and all that ask for it say the same. With no `targets` it is only configured.
 */
export async function labKernel(wish: {
  readonly name: string;
  readonly fragments?: readonly string[];
  readonly targets?: readonly Target[];
}): Promise<LabKernel> {
  const { name, fragments = [], targets = ['Image', 'dtbs', 'modules'] } = wish;
  const place = await kernelPlace();
  return place.alone(async () => {
    const tree = await kernelTree(place);
    // The product's own name for its build, so that paths in commands are the same.
    const out = join(place.folder, 'kernel', name === 'lab' ? 'out' : name);
    await place.run([...kernelChanges(tree), ...kernelBuild({ name, tree, out, fragments, targets })]);
    return { src: tree, out, image: join(out, IMAGE) };
  });
}

/** An arm64 kernel that looks for its own faults, with modules. */
export function labDebugKernel(preemption: 'preempt' | 'rt'): Promise<LabKernel> {
  // Loaded as a module, the suite writes TAP that is not the attack's.
  const parts = preemption === 'preempt' ? ['debug', 'preempt', 'kunit'] : ['debug', 'rt'];
  const fragments = parts.map((name) => `test/c/kconfig/${name}.config`);
  return labKernel({ name: `debug-${preemption}`, fragments, targets: ['Image', 'modules'] });
}

/**
 * Folders (from the tree's top) of the kernel of `labKernel({name: 'lab'})` once more, each of their files compiled, from a copy
 * of the tree `src`, all below the folder `at`. Gives the build folder.
 */
export async function compileLabKernelAt(
  at: string,
  src: string,
  folders: readonly string[],
): Promise<string> {
  const [tree, out] = [join(at, 'src'), join(at, 'out')];
  await hardLinks(src, tree);
  const { folder } = await kernelPlace();
  const steps = [...kernelChanges(tree), ...kernelBuild({ name: 'lab', tree, out, targets: [] })];
  await runSteps(steps, at, join(folder, 'tool'));
  const make = { tree, out, crossCompile: CROSS, ccache: true, epoch: EPOCH };
  const words = [`-j${availableParallelism()}`, ...folders.map((each) => `${each}/`)];
  // What the compiler's cache has would be the first build's.
  const env = { ...ccacheEnv(at), CCACHE_RECACHE: '1' };
  await exec(kernelMake(make, words), at, { env, emit: () => undefined });
  return out;
}

function kernelBuild(wish: {
  readonly name: string;
  readonly tree: string;
  readonly out: string;
  readonly base?: string;
  readonly fragments?: readonly string[];
  readonly targets: readonly Target[];
  readonly after?: readonly string[];
}): readonly PlannedStep[] {
  const { name, tree, out, fragments = [], targets, after = ['kernel-patches'] } = wish;
  const files = [wish.base ?? 'recipes/kconfig/lab.config', ...fragments].map((file) => `tool:${file}`);
  const common = { tree, out, crossCompile: CROSS };
  const config = { base: 'allnoconfig', fragments: files, wanted: {}, localVersion: '-bpmp' } as const;
  const configure = `kernel-${name}-config`;
  return [
    step(configure, 'configure-kernel', { ...common, ...config }, after),
    ...(targets.length > 0
      ? [step(`kernel-${name}`, 'build-kernel', { ...common, targets, epoch: EPOCH }, [configure])]
      : []),
  ];
}

async function kernelTree(place: LabPlace): Promise<string> {
  const tree = join(place.folder, KERNEL_TREE);
  await unpacked('linux-6.12', LINUX_SOURCE, tree);
  await place.run(kernelChanges(tree));
  return tree;
}

function kernelChanges(tree: string): readonly PlannedStep[] {
  const links = PROXIES.map((name) => ({
    at: `${TEGRA}/${name}`,
    overlay: `tool:kernel-overlay/${name}`,
  }));
  return [
    step('kernel-overlay', 'link-overlay', { tree, links }, []),
    step('kernel-patches', 'apply-patches', { tree, patches: 'tool:patches/linux-6.12' }, ['kernel-overlay']),
  ];
}
