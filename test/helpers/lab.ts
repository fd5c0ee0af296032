// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { runPlan } from '../../src/engine/run-plan.ts';
import type { Event } from '../../src/events.ts';
import type { PlannedStep } from '../../src/plan/plan.ts';
import { loadStep } from '../../src/steps/index.ts';
import { exec } from '../../src/tools/exec.ts';
import { exists } from '../../src/tools/folder.ts';
import { withLock } from '../../src/tools/lock.ts';
import { writeFileWhole } from '../../src/tools/write-file.ts';

/**
 * Real kernels and QEMUs for tests, made by the product's own steps and kept outside the clone:
 *
 *     $XDG_CACHE_HOME/bpmp-virt/lab/pristine/…   unpacked sources, for all clones (hard links are made of them)
 *     $XDG_CACHE_HOME/bpmp-virt/lab/CLONE/…      trees with this clone's overlays and patches, and their builds
 *
 * A second call does nothing but look: the engine knows by the inputs' hashes what is up to date. Only one process works
 * in a clone's lab at a time, the others wait.
 */
const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'bpmp-virt');
const LAB = join(CACHE, 'lab');
const PRISTINE = join(LAB, 'pristine');
const OWN = join(LAB, createHash('sha256').update(ROOT).digest('hex').slice(0, 12));

const CROSS = 'aarch64-linux-gnu-';
/** 2025-01-01: any fixed time does. */
const EPOCH = 1_735_689_600;
const MIRROR = 'http://deb.debian.org/debian';
const BOOKWORM = ['bookworm', 'bookworm-security'];
const LINUX_SOURCE: DebianSource = {
  mirror: MIRROR,
  suites: BOOKWORM,
  package: 'linux-source-6.12',
  form: 'linux-source',
};
const SYSROOT_PACKAGES = ['libglib2.0-dev', 'libpixman-1-dev', 'libslirp-dev', 'libfdt-dev', 'libc6-dev'];
const QEMU_WORDS = [
  '--without-default-features',
  '--enable-slirp',
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

/** A kernel 6.12 tree with our overlay linked in and our patches applied; gives its folder. Build it with O= only. */
export async function labKernelTree(): Promise<string> {
  return alone(() => kernelTree());
}

/** A kernel 6.12 tree as Debian has it, without overlay and patches; gives its folder. Build it with O= only. */
export async function labUnpatchedKernelTree(): Promise<string> {
  return alone(async () => {
    const tree = join(OWN, 'linux-6.12-unpatched');
    await unpacked('linux-6.12', LINUX_SOURCE, tree);
    return tree;
  });
}

/**
 * An arm64 kernel. `fragments` (absolute, or from the clone's top) come after recipes/kconfig/lab.config, over
 * allnoconfig; every line of them is checked in the result. One `name` is one build folder.
 */
export async function labKernel(wish: {
  readonly name: string;
  readonly fragments?: readonly string[];
  readonly targets?: readonly ('Image' | 'dtbs' | 'modules')[];
}): Promise<LabKernel> {
  const { name, fragments = [], targets = ['Image'] } = wish;
  return alone(async () => {
    const tree = await kernelTree();
    const out = join(OWN, `kernel-${name}`);
    await run([...kernelChanges(tree), ...kernelBuild(name, tree, out, fragments, targets)]);
    return { src: tree, out, image: join(out, 'arch/arm64/boot/Image') };
  });
}

/**
 * The kernel of `labKernel({name: 'lab'})` once more, from a copy of the tree `src`, all below the folder `place`; `env` is
 * added to this process's environment while it is built.
 */
export async function buildLabKernelAt(
  place: string,
  src: string,
  env: Readonly<Record<string, string>>,
): Promise<LabKernel> {
  const tree = join(place, 'src');
  const out = join(place, 'out');
  await mkdir(place, { recursive: true });
  await exec(['cp', '-al', src, tree], place, { emit: () => undefined });
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    await run([...kernelChanges(tree), ...kernelBuild('lab', tree, out, [], ['Image'])], place);
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
  targets: readonly ('Image' | 'dtbs' | 'modules')[],
): readonly PlannedStep[] {
  const files = ['recipes/kconfig/lab.config', ...fragments].map((file) => resolve(ROOT, file));
  const common = { tree, out, crossCompile: CROSS };
  const config = { base: 'allnoconfig', fragments: files, wanted: {}, localVersion: '-bpmp' } as const;
  return [
    step(`kernel-${name}-config`, 'configure-kernel', { ...common, ...config }, ['kernel-patches']),
    step(`kernel-${name}`, 'build-kernel', { ...common, targets, epoch: EPOCH }, [`kernel-${name}-config`]),
  ];
}

/** qemu-system-aarch64: for this machine, with `sanitize` under ASan and UBSan, or for the board. */
export async function labQemu(wish: {
  readonly version: QemuVersion;
  readonly sanitize?: boolean;
  readonly target?: 'build' | 'arm64';
}): Promise<LabQemu> {
  const { version, sanitize = false, target = 'build' } = wish;
  return alone(async () => {
    const tree = await qemuTree(version);
    const id = `qemu-${version}${sanitize ? '-sanitized' : ''}${target === 'arm64' ? '-arm64' : ''}`;
    const build = join(OWN, id);
    const configure = [...QEMU_WORDS, ...(sanitize ? sanitizerWords(version) : [])];
    const common = { tree, out: build, configure, crossCompile: CROSS, epoch: EPOCH };
    const patched = [`qemu-${version}-patches`];
    const steps =
      target === 'build'
        ? [step(id, 'build-qemu', { ...common, host: target }, patched)]
        : [
            sysrootStep(),
            step(id, 'build-qemu', { ...common, host: target, sysroot: SYSROOT }, [...patched, 'sysroot']),
          ];
    await run([...qemuChanges(version, tree), ...steps]);
    return { src: tree, build, binary: join(build, 'qemu-system-aarch64') };
  });
}

const SYSROOT = join(OWN, 'sysroot-arm64');

function sysrootStep(): PlannedStep {
  const archive = { mirror: MIRROR, suites: BOOKWORM, packages: SYSROOT_PACKAGES };
  return step('sysroot', 'build-sysroot', { ...archive, architecture: 'arm64', into: SYSROOT }, []);
}

function sanitizerWords(version: QemuVersion): readonly string[] {
  return version === '7.2' ? ['--enable-sanitizers'] : ['--enable-asan', '--enable-ubsan'];
}

async function kernelTree(): Promise<string> {
  const tree = join(OWN, 'linux-6.12');
  await unpacked('linux-6.12', LINUX_SOURCE, tree);
  await run(kernelChanges(tree));
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

async function qemuTree(version: QemuVersion): Promise<string> {
  const tree = join(OWN, `qemu-${version}-src`);
  const options = { mirror: MIRROR, suites: QEMU_SUITES[version], package: 'qemu' };
  await unpacked(`qemu-${version}`, { ...options, form: 'source-package' }, tree);
  await run(qemuChanges(version, tree));
  return tree;
}

function qemuChanges(version: QemuVersion, tree: string): readonly PlannedStep[] {
  const id = `qemu-${version}`;
  const patches = `tool:patches/qemu-${version}`;
  return [
    step(`${id}-overlay`, 'copy-overlay', { tree, overlay: 'tool:qemu-overlay' }, []),
    step(`${id}-patches`, 'apply-patches', { tree, patches }, [`${id}-overlay`]),
  ];
}

type DebianSource = Omit<Extract<PlannedStep, { kind: 'fetch-debian-source' }>['options'], 'into'>;

/** Hard links of the unpacked source: 80 000 files in seconds. Nothing that we run writes into a source file in place. */
async function unpacked(name: string, source: DebianSource, tree: string): Promise<void> {
  if (await exists(tree)) return;
  const into = join(PRISTINE, name);
  await withLock(join(PRISTINE, 'lock'), undefined, async () => {
    await run([step(name, 'fetch-debian-source', { ...source, into }, [])], PRISTINE);
  });
  await mkdir(OWN, { recursive: true });
  await rm(`${tree}.part`, { recursive: true, force: true });
  await exec(['cp', '-al', into, `${tree}.part`], OWN, { emit: () => undefined });
  await rename(`${tree}.part`, tree);
}

function step<K extends PlannedStep['kind']>(
  id: string,
  kind: K,
  options: Extract<PlannedStep, { kind: K }>['options'],
  after: readonly string[],
): PlannedStep {
  return { id, kind, options, after } as unknown as PlannedStep;
}

async function alone<T>(action: () => Promise<T>): Promise<T> {
  await removeOrphans();
  return withLock(join(LAB, `${OWN.slice(LAB.length + 1)}.lock`), undefined, action);
}

/** Labs of clones that are gone would pile up, two gigabytes each. */
async function removeOrphans(): Promise<void> {
  await mkdir(OWN, { recursive: true });
  await writeFileWhole(join(OWN, 'clone'), ROOT);
  for (const name of await readdir(LAB)) {
    const clone = await readFile(join(LAB, name, 'clone'), 'utf8').catch(() => undefined);
    if (clone === undefined || (await exists(clone))) continue;
    await rm(join(LAB, name), { recursive: true, force: true });
  }
}

/** Run steps by the product's engine. What fails says so with the log's path; BPMP_VIRT_LAB_VERBOSE=1 shows commands. */
async function run(steps: readonly PlannedStep[], work = OWN): Promise<void> {
  const verbose = process.env['BPMP_VIRT_LAB_VERBOSE'] === '1';
  const emit = (event: Event) => {
    if (verbose && event.type === 'command') process.stderr.write(`[lab] ${event.line}\n`);
    if (event.type === 'step-done')
      process.stderr.write(`[lab] ${event.title}: ${Math.round(event.ms / 1000)} s\n`);
  };
  await runPlan(
    { version: 1, recipe: 'lab', steps },
    {
      roots: { work, cache: CACHE, tool: ROOT },
      jobs: availableParallelism(),
      offline: false,
      url: (address) => address,
      emit,
      signal: new AbortController().signal,
      toolVersion: 'lab',
      command: `tests of ${ROOT}`,
      redo: [],
      load: loadStep,
      before: async () => undefined,
    },
  );
}
