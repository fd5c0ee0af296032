// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { LAYOUT } from '../../src/plan/layout.ts';
import type { PlannedStep } from '../../src/plan/plan.ts';
import { exec } from '../../src/tools/exec.ts';
import { exists } from '../../src/tools/folder.ts';
import { withLock } from '../../src/tools/lock.ts';
import { writeFileWhole } from '../../src/tools/write-file.ts';
import { type LabPlace, labPlace, PRISTINE, runSteps, step } from './lab-place.ts';

/**
 * Real kernels and QEMUs for tests, made by the product's own steps and kept outside the clone; folders are laid out as in the
 * product's work folder, so that the compiler's cache serves both. A second call does nothing but look.
 */
const CROSS = 'aarch64-linux-gnu-';
/** 2025-01-01: any fixed time does. */
const EPOCH = 1_735_689_600;
const KERNEL_TREE = LAYOUT.kernelTree.replace(/^work:/, '');
const MIRROR = 'http://deb.debian.org/debian';
const BOOKWORM = ['bookworm', 'bookworm-security'];
const LINUX_SOURCE: DebianSource = {
  mirror: MIRROR,
  suites: BOOKWORM,
  package: 'linux-source-6.12',
  form: 'linux-source',
};
const SYSROOT_PACKAGES = [
  ...['libglib2.0-dev', 'libpixman-1-dev', 'libslirp-dev', 'libseccomp-dev'],
  ...['libfdt-dev', 'libc6-dev'],
];
const QEMU_WORDS = [
  '--without-default-features',
  '--with-devices-aarch64=minimal',
  '--enable-slirp',
  '--enable-seccomp',
  '--enable-fdt=system',
  '--enable-trace-backends=log',
];

export type QemuVersion = '7.2' | '10.0';
const QEMU_SUITES: Readonly<Record<QemuVersion, readonly string[]>> = {
  '7.2': BOOKWORM,
  '10.0': ['trixie', 'trixie-security'],
};

/** All absolute. */
export type LabKernel = { readonly src: string; readonly out: string; readonly image: string };
export type LabQemu = { readonly src: string; readonly build: string; readonly binary: string };

/** What the builds are made from and by. */
const kernelPlace = () =>
  labPlace('kernel', [
    ...['kernel-overlay', 'patches/linux-6.12'],
    ...['recipes/kconfig', 'test/c/kconfig', 'test/fixtures/kconfig'],
    ...['src/steps/configure-kernel.ts', 'src/steps/build-kernel.ts', 'src/tools/kernel-make.ts'],
  ]);
const unpatchedPlace = () => labPlace('unpatched', ['kernel-overlay']);
const qemuPlace = (version: QemuVersion) =>
  labPlace(`qemu-${version}`, [
    ...['qemu-overlay', `patches/qemu-${version}`],
    ...['src/steps/build-qemu.ts', 'src/steps/build-sysroot.ts', 'src/tools/qemu-configure.ts'],
  ]);

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

/** Which boards `minimal` has, and our patches that change it. */
const BOARDS = 'configs/devices/aarch64-softmmu/minimal.mak';
const BOARD_PATCHES: Readonly<Record<QemuVersion, readonly string[]>> = {
  '7.2': [],
  '10.0': ['patches/qemu-10.0/0006-configs-keep-other-boards-out-of-the-minimal-AArch64.patch'],
};

/** Our own symbol, and the symbol that ours selects and no other board of `minimal` does. */
const KCONFIG = 'hw/misc/nvidia-bpmp/Kconfig';
const SYMBOLS: Readonly<Record<QemuVersion, readonly string[]>> = {
  '7.2': ['NVIDIA_BPMP'],
  '10.0': ['NVIDIA_BPMP', 'SERIAL_MM'],
};

/**
 * Give an unpatched tree the boards that ours has, and the names of our symbols with nothing behind them: every file includes
 * config-poison.h, which has them, and so the compiler's cache serves both.
 */
async function nameSymbols(tree: string, ours: string, version: QemuVersion): Promise<void> {
  const set = SYMBOLS[version].map((name) => `CONFIG_${name}=y\n`).join('');
  await writeFileWhole(join(tree, BOARDS), `${await readFile(join(ours, BOARDS), 'utf8')}${set}`);
  await mkdir(dirname(join(tree, KCONFIG)), { recursive: true });
  await writeFileWhole(join(tree, KCONFIG), await readFile(join(ours, KCONFIG), 'utf8'));
  const parent = join(tree, 'hw/misc/Kconfig');
  const text = await readFile(parent, 'utf8');
  const source = 'source nvidia-bpmp/Kconfig\n';
  if (!text.includes(source)) await writeFileWhole(parent, `${text}${source}`);
}

/** qemu-system-aarch64 as Debian has it, without overlay and patches, but with the boards that ours has. */
export async function labUnpatchedQemu(version: QemuVersion): Promise<LabQemu> {
  const ours = await labQemu({ version });
  const place = await labPlace(`qemu-${version}-unpatched`, [
    ...['src/steps/build-qemu.ts', 'src/tools/qemu-configure.ts'],
    ...[...BOARD_PATCHES[version], `qemu-overlay/${KCONFIG}`],
  ]);
  return place.alone(async () => {
    const tree = await qemuTree(version, place);
    await nameSymbols(tree, ours.src, version);
    const out = join(place.folder, 'qemu-build');
    const options = {
      tree,
      out,
      host: 'build',
      configure: QEMU_WORDS,
      crossCompile: CROSS,
      epoch: EPOCH,
    } as const;
    await place.run([step('qemu-build', 'build-qemu', options, [])]);
    return { src: tree, build: out, binary: join(out, 'qemu-system-aarch64') };
  });
}

async function qemuTree(version: QemuVersion, place: LabPlace): Promise<string> {
  const tree = join(place.folder, 'qemu/src');
  const source = {
    mirror: MIRROR,
    suites: QEMU_SUITES[version],
    package: 'qemu',
    form: 'source-package',
  } as const;
  await unpacked(`qemu-${version}`, source, tree);
  return tree;
}

/** qemu-system-aarch64: for this machine, with `sanitize` under ASan and UBSan, or for the board. */
export async function labQemu(wish: {
  readonly version: QemuVersion;
  readonly sanitize?: boolean;
  readonly target?: 'build' | 'arm64';
}): Promise<LabQemu> {
  const { version, sanitize = false, target = 'build' } = wish;
  const place = await qemuPlace(version);
  return place.alone(async () => {
    const tree = await qemuTree(version, place);
    const build = join(
      place.folder,
      target === 'arm64' ? 'qemu-arm64' : `qemu-${sanitize ? 'sanitized' : 'build'}`,
    );
    const configure = [...QEMU_WORDS, ...(sanitize ? sanitizerWords(version) : [])];
    const common = { tree, out: build, configure, crossCompile: CROSS, epoch: EPOCH };
    const id = `qemu-${sanitize ? 'sanitized' : target}`;
    await place.run([
      ...qemuChanges(version, tree),
      ...(target === 'build'
        ? [step(id, 'build-qemu', { ...common, host: target }, ['qemu-patches'])]
        : [
            sysrootStep(),
            step(id, 'build-qemu', { ...common, host: target, sysroot: SYSROOT }, [
              'qemu-patches',
              'sysroot',
            ]),
          ]),
    ]);
    return { src: tree, build, binary: join(build, 'qemu-system-aarch64') };
  });
}

const SYSROOT = 'work:sysroot-arm64';

function sysrootStep(): PlannedStep {
  const archive = { mirror: MIRROR, suites: BOOKWORM, packages: SYSROOT_PACKAGES };
  return step('sysroot', 'build-sysroot', { ...archive, architecture: 'arm64', into: SYSROOT }, []);
}

/**
 * Reports name lines, for which -g1 does, and there are as many at -O1, which compiles faster. At that level gcc warns of the
 * program with which 7.2's configure tries UBSan, and configure would do without it.
 */
function sanitizerWords(version: QemuVersion): readonly string[] {
  const sanitizers = version === '7.2' ? ['--enable-sanitizers'] : ['--enable-asan', '--enable-ubsan'];
  return [...sanitizers, '--extra-cflags=-O1 -g1 -Wno-maybe-uninitialized'];
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

function qemuChanges(version: QemuVersion, tree: string): readonly PlannedStep[] {
  const patches = `tool:patches/qemu-${version}`;
  return [
    step('qemu-overlay', 'copy-overlay', { tree, overlay: 'tool:qemu-overlay' }, []),
    step('qemu-patches', 'apply-patches', { tree, patches }, ['qemu-overlay']),
  ];
}

type DebianSource = Omit<Extract<PlannedStep, { kind: 'fetch-debian-source' }>['options'], 'into'>;

/** Hard links of the unpacked source: 80 000 files in seconds. Nothing that we run writes into a source file in place. */
async function unpacked(name: string, source: DebianSource, tree: string): Promise<void> {
  if (await exists(tree)) return;
  const into = join(PRISTINE, name);
  await withLock(join(PRISTINE, 'lock'), undefined, async () => {
    await runSteps([step(name, 'fetch-debian-source', { ...source, into }, [])], PRISTINE);
  });
  await hardLinks(into, tree);
}

async function hardLinks(from: string, tree: string): Promise<void> {
  if (await exists(tree)) return;
  const parent = dirname(tree);
  await mkdir(parent, { recursive: true });
  await rm(`${tree}.part`, { recursive: true, force: true });
  await exec(['cp', '-al', from, `${tree}.part`], parent, { emit: () => undefined });
  await rename(`${tree}.part`, tree);
}
