// SPDX-License-Identifier: Apache-2.0

import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedStep } from '../../../src/plan/plan.ts';
import type { QemuVersion } from '../../../src/recipe/qemu-versions.ts';
import { writeFileWhole } from '../../../src/tools/files/write-file.ts';
import { type LabPlace, labPlace, step } from './lab-place.ts';
import { BOOKWORM, CROSS, type DebianSource, EPOCH, MIRROR, pristine, unpacked } from './lab-sources.ts';

/** Real QEMUs for tests, made and kept as the kernels of lab.ts are. */
const SYSROOT_PACKAGES = [
  ...['libglib2.0-dev', 'libpixman-1-dev', 'libslirp-dev', 'libseccomp-dev'],
  ...['libfdt-dev', 'libc6-dev'],
];
const QEMU_WORDS = [
  '--without-default-features',
  '--with-devices-aarch64=bpmp-virt',
  '--without-default-devices',
  '--enable-slirp',
  '--enable-seccomp',
  '--enable-fdt=system',
  '--enable-trace-backends=log',
];

/**
 * 7.2 is built as the product builds it, and shares its objects. The others are for the tests alone: at -O1 the twelve largest files of
 * 10.0 take 71 s in place of 108 s, and fifty others 14 s in place of 15 s.
 */
const WORDS: Readonly<Record<QemuVersion, readonly string[]>> = {
  '7.2': QEMU_WORDS,
  '10.0': [...QEMU_WORDS, '--extra-cflags=-O1'],
  '10.2': [...QEMU_WORDS, '--extra-cflags=-O1'],
};
type QemuSource = { readonly suites: readonly string[]; readonly version?: string };
const QEMU_SOURCES: Readonly<Record<QemuVersion, QemuSource>> = {
  '7.2': { suites: BOOKWORM },
  '10.0': { suites: ['trixie', 'trixie-security'] },
  '10.2': { suites: ['sid'], version: '1:10.2.2+ds-1' },
};

/** All absolute. */
export type LabQemu = { readonly src: string; readonly build: string; readonly binary: string };

/** What the builds are made from and by. */
const qemuPlace = (version: QemuVersion, purpose = '') =>
  labPlace(`qemu-${version}${purpose}`, [
    ...['qemu-overlay', `patches/qemu-${version}`],
    ...['src/steps/build-qemu.ts', 'src/steps/build-sysroot.ts', 'src/tools/build/qemu-configure.ts'],
  ]);

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
    const configure = [...WORDS[version], ...(sanitize ? sanitizerWords(version) : [])];
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

/** What `use` makes of a QEMU that is its own: it may change the tree and build in it, and must leave both as they were. */
export async function ownQemu<T>(version: QemuVersion, use: (qemu: LabQemu) => Promise<T>): Promise<T> {
  const place = await qemuPlace(version, '-own');
  return place.alone(async () => {
    const tree = await qemuTree(version, place);
    const build = join(place.folder, 'qemu-build');
    const common = { tree, out: build, configure: WORDS[version], crossCompile: CROSS, epoch: EPOCH };
    const options = { ...common, host: 'build' } as const;
    await place.run([
      ...qemuChanges(version, tree),
      step('qemu-build', 'build-qemu', options, ['qemu-patches']),
    ]);
    return use({ src: tree, build, binary: join(build, 'qemu-system-aarch64') });
  });
}

const SYSROOT = 'work:sysroot-arm64';

function sysrootStep(): PlannedStep {
  const archive = { mirror: MIRROR, suites: BOOKWORM, packages: SYSROOT_PACKAGES };
  return step('sysroot', 'build-sysroot', { ...archive, architecture: 'arm64', into: SYSROOT }, []);
}

/**
 * Not optimized: that compiles in half of the time, and hides nothing from the sanitizers. Reports name lines, for which -g1 does. The C
 * library warns that it cannot look after such a program, and gcc warns of the one with which 7.2's configure tries UBSan: it
 * would do without.
 */
function sanitizerWords(version: QemuVersion): readonly string[] {
  const sanitizers = version === '7.2' ? ['--enable-sanitizers'] : ['--enable-asan', '--enable-ubsan'];
  return [...sanitizers, '--extra-cflags=-O0 -g1 -Wno-cpp -Wno-maybe-uninitialized'];
}

/** A QEMU tree as Debian has it. Nothing may be built in it or changed. */
export const labPristineQemu = (version: QemuVersion): Promise<string> =>
  pristine(`qemu-${version}`, qemuSource(version));

const qemuSource = (version: QemuVersion): DebianSource => ({
  mirror: MIRROR,
  ...QEMU_SOURCES[version],

  package: 'qemu',
  form: 'source-package',
});

async function qemuTree(version: QemuVersion, place: LabPlace): Promise<string> {
  const tree = join(place.folder, 'qemu/src');
  await unpacked(`qemu-${version}`, qemuSource(version), tree);
  return tree;
}

function qemuChanges(version: QemuVersion, tree: string): readonly PlannedStep[] {
  const patches = `tool:patches/qemu-${version}`;
  return [
    step('qemu-overlay', 'copy-overlay', { tree, overlay: 'tool:qemu-overlay' }, []),
    step('qemu-patches', 'apply-patches', { tree, patches }, ['qemu-overlay']),
  ];
}

const DEVICES = 'configs/devices/aarch64-softmmu/bpmp-virt.mak';
const KCONFIG = 'hw/misc/nvidia-bpmp/Kconfig';
/** Our own symbol, and those that our patches select. */
const SYMBOLS: Readonly<Record<QemuVersion, readonly string[]>> = {
  '7.2': ['NVIDIA_BPMP', 'SERIAL', 'ARM_GICV3_TCG'],
  '10.0': ['NVIDIA_BPMP', 'SERIAL_MM'],
  '10.2': ['NVIDIA_BPMP', 'SERIAL_MM', 'VFIO_PLATFORM'],
};

/** The one patch that changes headers which most files include. */
const TRACE_PATCH: Readonly<Record<QemuVersion, readonly string[]>> = {
  '7.2': ['patches/qemu-7.2/0008-tracetool-take-the-places-of-trace-events-relative-to.patch'],
  '10.0': [],
  '10.2': [],
};
const TRACE_HEADERS = 'scripts/tracetool/backend/log.py';

/**
 * Give an unpatched tree our list of devices, the headers for trace events that ours has, and the names of our symbols with
 * nothing behind them: every file includes config-poison.h, which has them, and so the compiler's cache serves both.
 */
async function nameSymbols(tree: string, ours: string, version: QemuVersion): Promise<void> {
  const set = SYMBOLS[version].map((name) => `CONFIG_${name}=y\n`).join('');
  await writeFileWhole(join(tree, TRACE_HEADERS), await readFile(join(ours, TRACE_HEADERS)));
  await writeFileWhole(join(tree, DEVICES), `${await readFile(join(ours, DEVICES), 'utf8')}${set}`);
  await mkdir(dirname(join(tree, KCONFIG)), { recursive: true });
  await writeFileWhole(join(tree, KCONFIG), await readFile(join(ours, KCONFIG), 'utf8'));
  const parent = join(tree, 'hw/misc/Kconfig');
  const text = await readFile(parent, 'utf8');
  const source = 'source nvidia-bpmp/Kconfig\n';
  if (!text.includes(source)) await writeFileWhole(parent, `${text}${source}`);
}

/** qemu-system-aarch64 as Debian has it, without overlay and patches, but with the devices, trace headers and symbols' names of ours. */
export async function labUnpatchedQemu(version: QemuVersion): Promise<LabQemu> {
  const ours = await labQemu({ version });
  const place = await labPlace(`qemu-${version}-unpatched`, [
    ...['src/steps/build-qemu.ts', 'src/tools/build/qemu-configure.ts'],
    ...[`qemu-overlay/${DEVICES}`, `qemu-overlay/${KCONFIG}`],
    ...TRACE_PATCH[version],
  ]);
  return place.alone(async () => {
    const tree = await qemuTree(version, place);
    await nameSymbols(tree, ours.src, version);
    const out = join(place.folder, 'qemu-build');
    const options = {
      tree,
      out,
      host: 'build',
      configure: WORDS[version],
      crossCompile: CROSS,
      epoch: EPOCH,
    } as const;
    await place.run([step('qemu-build', 'build-qemu', options, [])]);
    return { src: tree, build: out, binary: join(out, 'qemu-system-aarch64') };
  });
}
