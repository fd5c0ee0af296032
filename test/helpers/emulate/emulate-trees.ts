// SPDX-License-Identifier: Apache-2.0

import { join, resolve } from 'node:path';
import { inContext } from '../../../src/engine/step-context.ts';
import type { StepKind, StepOptions } from '../../../src/plan/step-options.ts';
import type { QemuVersion } from '../../../src/recipe/qemu-versions.ts';
import { loadStep } from '../../../src/steps/index.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labKernel } from '../lab/lab.ts';
import { labQemu } from '../lab/lab-qemu.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** The board of the recipes: what its devices are is read from its tree. */
const BOARD = 'arch/arm64/boot/dts/nvidia/tegra234-p3737-0000+p3701-0000.dtb';
const VMS = [{ name: 'uart-vm', devices: ['uarta'] }];

/** The lab's kernel with the board's tree, as the recipe builds it. */
export function emulationKernel() {
  return labKernel({ name: 'lab' });
}

type Wish = { readonly version: QemuVersion; readonly cpus: number; readonly memory: string };

/** The tree of a guest with UARTA, made by the product's own step into `folder`. */
export async function guestTree(folder: string, { version, cpus, memory }: Wish): Promise<string> {
  const { src, out } = await emulationKernel();
  const { binary } = await labQemu({ version });
  const into = join(folder, 'guest.dtb');
  const machine = { memory, cpus, gic: 3 } as const;
  const [vm = { name: '', devices: [] }] = VMS;
  await runStep(
    'render-guest-tree',
    { dtb: join(out, BOARD), tree: src, vm, otherVms: [], machine, qemu: binary, into },
    folder,
  );
  return into;
}

/**
 * The tree that QEMU itself makes of the same guest, which it boots with where no -dtb is given. Packed: it is dumped with
 * 1 MiB of room, which -dtb doubles, and arm64 takes no more than 2 MiB.
 */
export async function ownTree(folder: string, { version, cpus, memory }: Wish): Promise<string> {
  const { binary } = await labQemu({ version });
  const into = join(folder, 'own.dtb');
  const dumped = join(folder, 'dumped.dtb');
  const model = (id: string) => ['-chardev', `socket,id=${id},path=${join(folder, id)},server=on,wait=off`];
  const machine = `virt,gic-version=3,bpmp=on,bpmp-chardev=firmware,dumpdtb=${dumped}`;
  const size = ['-cpu', 'max', '-smp', String(cpus), '-m', memory];
  const uart = ['-chardev', 'null,id=uart', '-device', 'tegra-hsuart,chardev=uart,firmware=line'];
  const rest = [
    '-nic',
    'none',
    '-display',
    'none',
    '-serial',
    'null',
    ...model('firmware'),
    ...model('line'),
  ];
  const emit = () => undefined;
  await exec([binary, '-machine', machine, ...size, ...rest, ...uart], folder, { emit });
  await exec(['dtc', '-q', '-I', 'dtb', '-O', 'dtb', '-o', into, dumped], folder, { emit });
  return into;
}

/** The tree of a virtual Orin with a policy node for each of `vms`. */
export async function orinTree(
  folder: string,
  { version, cpus, memory }: Wish,
  vms: StepOptions['render-orin-tree']['vms'] = VMS,
): Promise<string> {
  const { src, out } = await emulationKernel();
  const { binary } = await labQemu({ version });
  const into = join(folder, 'orin.dtb');
  const machine = { memory, cpus };
  await runStep(
    'render-orin-tree',
    { dtb: join(out, BOARD), tree: src, vms, machine, qemu: binary, into },
    folder,
  );
  return into;
}

/** The bundle's launcher, made by the product's own step below `folder`; `bpmpHost` is the host proxy's device. */
export async function runScript(folder: string, bpmpHost: string): Promise<string> {
  const { out } = await emulationKernel();
  const machine = { memory: '256M', cpus: 1, gic: 3 } as const;
  const [vm = { name: '', devices: [] }] = VMS;
  const into = join(folder, 'run');
  const own = { recipe: 'debian-6.12', bpmpHost, place: '.' };
  await runStep('write-run-script', { dtb: join(out, BOARD), vm, machine, ...own, into }, folder);
  return join(into, 'run-vm.sh');
}

/** What the launcher of a guest over SCMI takes besides programs, by its name in a bundle, made by the product's own steps. */
export async function scmiBundle(
  folder: string,
  bpmpHost: string,
): Promise<Readonly<Record<string, string>>> {
  const { src, out } = await emulationKernel();
  const machine = { memory: '256M', cpus: 1, gic: 3 } as const;
  const [vm = { name: '', devices: [] }] = VMS;
  const [into, map, run] = ['guest.dtbo', 'scmi.map', 'run'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const dtb = join(out, BOARD);
  await runStep('render-scmi-tree', { dtb, tree: src, vm, otherVms: [], into, map }, folder);
  const own = { recipe: 'debian-6.12-stock', bpmpHost, place: '.', scmi: true, stockKernel: true } as const;
  await runStep('write-run-script', { dtb, vm, machine, ...own, into: run }, folder);
  return { 'guest.dtbo': into, 'scmi.map': map, 'run-vm.sh': join(run, 'run-vm.sh') };
}

async function runStep<K extends StepKind>(kind: K, options: StepOptions[K], work: string): Promise<void> {
  const step = await loadStep(kind);
  const roots = { work, cache: work, tool: ROOT };
  const quiet = {
    emit: () => undefined,
    signal: new AbortController().signal,
    url: (address: string) => address,
  };
  const surroundings = { roots, ...quiet, jobs: 1, offline: false, asked: false, run: 'test' };
  await inContext(surroundings, (ctx) => step.run(options, ctx));
}
