// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import process from 'node:process';
import { LAYOUT } from '../../src/plan/layout.ts';
import type { PlannedStep } from '../../src/plan/plan.ts';
import { type LabPlace, labPlace, runSteps, step } from './lab-place.ts';
import { BOOKWORM, CROSS, type DebianSource, EPOCH, hardLinks, MIRROR, unpacked } from './lab-sources.ts';

/**
 * Real kernels for tests, made by the product's own steps and kept outside the clone; folders are laid out as in the
 * product's work folder, so that the compiler's cache serves both. A second call does nothing but look.
 */
const KERNEL_TREE = LAYOUT.kernelTree.replace(/^work:/, '');
const LINUX_SOURCE: DebianSource = {
  mirror: MIRROR,
  suites: BOOKWORM,
  package: 'linux-source-6.12',
  form: 'linux-source',
};

/** All absolute. */
export type LabKernel = { readonly src: string; readonly out: string; readonly image: string };

/** What the builds are made from and by. */
const kernelPlace = () =>
  labPlace('kernel', [
    ...['kernel-overlay', 'patches/linux-6.12'],
    ...['recipes/kconfig', 'test/c/kconfig', 'test/fixtures/kconfig'],
    ...['src/steps/configure-kernel.ts', 'src/steps/build-kernel.ts', 'src/tools/kernel-make.ts'],
  ]);
const unpatchedPlace = () => labPlace('unpatched', ['kernel-overlay']);

/** A kernel 6.12 tree with our overlay linked in and our patches applied; gives its folder. Build it with O= only. */
export async function labKernelTree(): Promise<string> {
  const place = await kernelPlace();
  return place.alone(() => kernelTree(place));
}

/** A kernel 6.12 tree as Debian has it, without overlay and patches. Build it with O= only, in `out` for example. */
export async function labUnpatchedKernelTree(): Promise<{ readonly src: string; readonly out: string }> {
  const place = await unpatchedPlace();
  const tree = join(place.folder, KERNEL_TREE);
  await place.alone(() => unpacked('linux-6.12', LINUX_SOURCE, tree));
  return { src: tree, out: join(place.folder, 'kernel/out') };
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
    await place.run([...kernelChanges(tree), ...kernelBuild(name, tree, out, fragments, targets)]);
    return { src: tree, out, image: join(out, 'arch/arm64/boot/Image') };
  });
}

/** An arm64 kernel that looks for its own faults, with modules. */
export function labDebugKernel(preemption: 'preempt' | 'rt'): Promise<LabKernel> {
  const fragments = ['debug', preemption].map((name) => `test/c/kconfig/${name}.config`);
  return labKernel({ name: `debug-${preemption}`, fragments, targets: ['Image', 'modules'] });
}

/**
 * The kernel of `labKernel({name: 'lab'})` once more, from a copy of the tree `src`, all below the folder `at`; `env` is
 * added to this process's environment while it is built.
 */
export async function buildLabKernelAt(
  at: string,
  src: string,
  env: Readonly<Record<string, string>>,
): Promise<LabKernel> {
  const tree = join(at, 'src');
  const out = join(at, 'out');
  await hardLinks(src, tree);
  const { folder } = await kernelPlace();
  const steps = [...kernelChanges(tree), ...kernelBuild('lab', tree, out, [], ['Image'])];
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    await runSteps(steps, at, join(folder, 'tool'));
  } finally {
    process.env = before;
  }
  return { src: tree, out, image: join(out, 'arch/arm64/boot/Image') };
}

function kernelBuild(
  name: string,
  tree: string,
  out: string,
  fragments: readonly string[],
  targets: readonly Target[],
): readonly PlannedStep[] {
  const files = ['recipes/kconfig/lab.config', ...fragments].map((file) => `tool:${file}`);
  const common = { tree, out, crossCompile: CROSS };
  const config = { base: 'allnoconfig', fragments: files, wanted: {}, localVersion: '-bpmp' } as const;
  const configure = `kernel-${name}-config`;
  return [
    step(configure, 'configure-kernel', { ...common, ...config }, ['kernel-patches']),
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
  const links = ['bpmp-guest-proxy', 'bpmp-host-proxy'].map((name) => ({
    at: `drivers/firmware/tegra/${name}`,
    overlay: `tool:kernel-overlay/${name}`,
  }));
  return [
    step('kernel-overlay', 'link-overlay', { tree, links }, []),
    step('kernel-patches', 'apply-patches', { tree, patches: 'tool:patches/linux-6.12' }, ['kernel-overlay']),
  ];
}
