// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import type { LoadedRecipe } from '../recipe/load.ts';
import type { Recipe } from '../recipe/schema.ts';
import type { PlannedKernel } from './kernel-steps.ts';
import { LAYOUT, QEMU_PROGRAM } from './layout.ts';
import type { PlannedStep } from './plan.ts';
import { recipePath } from './plan-paths.ts';
import { archiveOf, planDownload } from './source-steps.ts';
import { sourcesOf } from './sources-of.ts';
import type { VmMachine } from './step-options.ts';

type Vm = Recipe['vms'][number];

const HOST_DTB_ID = 'dt-board';

const isOfBsp = ({ hostTree }: Recipe) => hostTree.startsWith('bsp:');

/** Ids of the steps that make the host's tree and what is read beside it; `ready`: those of the kernel's sources. */
function hostTreeSteps(recipe: Recipe, ready: readonly string[]): readonly string[] {
  return isOfBsp(recipe) ? [...new Set(['l4t', ...ready])] : [HOST_DTB_ID];
}

/** The host's device tree, as a plan path. */
export function hostTreePath(recipe: Recipe): string {
  return isOfBsp(recipe)
    ? `${LAYOUT.l4t}/kernel/dtb/${recipe.hostTree.slice('bsp:'.length)}`
    : `${LAYOUT.kernelTrees}/${recipe.hostTree}`;
}

/** The step that judges the devices of all VMs. */
export const HOST_TREES_ID = 'dt-host';

/** The host's device tree, where the kernel has it and no BSP, and the overlay that carries the policies of all VMs. */
export function planHostTrees(
  { recipe }: LoadedRecipe,
  { tree, ready }: PlannedKernel,
): readonly PlannedStep[] {
  const { hostTree, kernel } = recipe;
  const dtb = hostTreePath(recipe);
  const vms = recipe.vms.map(({ name, devices, keepOff, accept }) => ({
    name,
    devices,
    keepOff,
    ...(accept === undefined ? {} : { accept }),
  }));
  const host: PlannedStep = {
    id: HOST_TREES_ID,
    kind: 'render-host-overlay',
    options: { dtb, tree, vms, into: LAYOUT.hostOverlay },
    after: hostTreeSteps(recipe, ready),
  };
  if (isOfBsp(recipe)) return [host];
  const { crossCompile, epoch } = kernel;
  const options = { tree, out: LAYOUT.kernelOut, dtb: hostTree, crossCompile, epoch };
  return [{ id: HOST_DTB_ID, kind: 'build-host-tree', options, after: ['kernel-config'] }, host];
}

/** Device trees and commands of the virtual machines. */
export function planVms(
  { recipe, name, file }: LoadedRecipe,
  { tree, ready }: PlannedKernel,
): readonly PlannedStep[] {
  const dtb = hostTreePath(recipe);
  const after = hostTreeSteps(recipe, ready);
  return recipe.vms.flatMap((vm, at) => planVm({ recipe, name, file, vm, at, dtb, tree, after }));
}

type VmPlace = {
  recipe: Recipe;
  name: string;
  file: string;
  vm: Vm;
  at: number;
  dtb: string;
  tree: string;
  /** What makes `dtb`. */
  after: readonly string[];
};

/** The tree of one guest, and for one over SCMI the map of its domains. */
function planTree({ recipe, vm, at, dtb, tree, after }: VmPlace, machine: VmMachine): PlannedStep {
  const otherVms = otherVmsOf(recipe, vm);
  const places = vmPlaces(vm, at);
  const common = { dtb, tree, vm: { name: vm.name, devices: vm.devices }, otherVms };
  if (vm.transport === 'scmi') {
    const options = { ...common, into: places.scmiTree, map: places.scmiMap };
    return { id: places.guestId, kind: 'render-scmi-tree', options, after };
  }
  const ran = recipe.qemu.builds.includes('build') ? LAYOUT.qemuBuild : LAYOUT.qemuArm64;
  const built = recipe.qemu.builds.includes('build') ? 'qemu-build' : 'qemu-arm64';
  return {
    id: places.guestId,
    kind: 'render-guest-tree',
    options: { ...common, machine, qemu: `${ran}/${QEMU_PROGRAM}`, into: places.guestTree },
    after: [...after, built],
  };
}

function otherVmsOf({ vms }: Recipe, vm: Vm) {
  return vms.filter((each) => each !== vm).map(({ name, devices }) => ({ name, devices }));
}

function planVm(place: VmPlace): readonly PlannedStep[] {
  const { recipe, name, vm, at, dtb, after } = place;
  const machine: VmMachine = {
    memory: vm.memory,
    cpus: vm.cpus,
    gic: vm.gic,
    ...(vm.platformBus === undefined ? {} : { platformBus: vm.platformBus }),
  };
  const own = { name: vm.name, devices: vm.devices };
  const places = vmPlaces(vm, at);
  return [
    ...planImage(place),
    planTree(place, machine),
    {
      id: places.runId,
      kind: 'write-run-script',
      options: {
        dtb,
        vm: own,
        machine,
        recipe: name,
        ...(vm.transport === 'scmi' ? { scmi: true as const } : {}),
        ...(vm.guestKernel === 'stock' ? { stockKernel: true as const } : {}),
        ...(vm.rootfs === undefined ? {} : { root: rootOf(vm.rootfs) }),
        // A board's only policy node has no label, so that the device has the documented name.
        bpmpHost: recipe.vms.length === 1 ? '/dev/bpmp-host' : `/dev/bpmp-host-${vm.name}`,
        place: places.inBundle,
        into: places.run,
      },
      after,
    },
  ];
}

type Rootfs = NonNullable<Vm['rootfs']>;

/** What the guest mounts: an image of ours has no partitions. */
function rootOf(rootfs: Rootfs): string {
  return rootfs.kind === 'debian' ? '/dev/vda' : rootfs.root;
}

/** A Debian of ours, with the modules of the kernel that the guest runs. */
function planDebian(rootfs: Extract<Rootfs, { kind: 'debian' }>, place: VmPlace): PlannedStep {
  const { recipe, vm, at, file } = place;
  const { kind: _, key, size, ...rest } = rootfs;
  const { imageId: id, image: into } = vmPlaces(vm, at);
  const hasModules = recipe.kernel.targets.includes('modules') && vm.guestKernel === 'built';
  return {
    id,
    kind: 'make-debian-image',
    options: {
      ...rest,
      ...(key === undefined ? {} : { key: recipePath(key, file) }),
      hostname: vm.name,
      mib: Number.parseInt(size, 10) * (size.endsWith('G') ? 1024 : 1),
      epoch: recipe.kernel.epoch,
      ...(hasModules ? { modules: LAYOUT.modules } : {}),
      into,
    },
    after: hasModules ? ['kernel-build'] : [],
  };
}

/** The image that the recipe names or describes, where it does. */
function planImage(place: VmPlace): readonly PlannedStep[] {
  const { vm, at, file } = place;
  const { rootfs } = vm;
  if (rootfs === undefined) return [];
  if (rootfs.kind === 'debian') return [planDebian(rootfs, place)];
  const { imageId: id, image: into } = vmPlaces(vm, at);
  const { root } = rootfs;
  if (rootfs.kind === 'path') {
    const options = { image: recipePath(rootfs.path, file), root, into };
    return [{ id, kind: 'guest-image', options, after: [] }];
  }
  const fetch = planDownload(`${id}-fetch`, rootfs);
  const { archive, sha256 } = archiveOf(fetch);
  return [
    fetch,
    { id, kind: 'guest-image', options: { image: archive, sha256, root, into }, after: [fetch.id] },
  ];
}

/** The first VM has the plain names; those of the others carry the VM's. */
function vmPlaces(vm: Vm, at: number) {
  const suffix = at === 0 ? '' : `-${vm.name}`;
  return {
    guestId: `dt-guest${suffix}`,
    runId: `run-script${suffix}`,
    guestTree: LAYOUT.guestTree.replace(/\.dtb$/, `${suffix}.dtb`),
    scmiTree: LAYOUT.scmiTree.replace(/\.dtbo$/, `${suffix}.dtbo`),
    scmiMap: LAYOUT.scmiMap.replace(/\.map$/, `${suffix}.map`),
    imageId: `guest-image${suffix}`,
    image: LAYOUT.guestImage.replace(/\/(?=[^/]*$)/, `${suffix}/`),
    run: `${LAYOUT.run}${suffix}`,
    inBundle: at === 0 ? '.' : vm.name,
  };
}

/** The last step: what a board needs, in one folder. */
export function planBundle(
  { recipe, name, word, devices }: LoadedRecipe,
  before: readonly PlannedStep[],
): PlannedStep {
  const tree = hostTreePath(recipe);
  const files: Record<string, string> = {
    Image: LAYOUT.image,
    [`dtb/${basename(tree)}`]: tree,
    'host.dtbo': LAYOUT.hostOverlay,
    ...(recipe.qemu.builds.includes('arm64')
      ? { [QEMU_PROGRAM]: `${LAYOUT.qemuArm64}/${QEMU_PROGRAM}` }
      : {}),
    ...(recipe.kernel.targets.includes('modules') ? { modules: LAYOUT.modules } : {}),
  };
  for (const [at, vm] of recipe.vms.entries()) {
    const places = vmPlaces(vm, at);
    const folder = places.inBundle === '.' ? '' : `${places.inBundle}/`;
    if (vm.transport === 'scmi') {
      files['bpmp-scmi'] = LAYOUT.scmiArm64;
      files[`${folder}guest.dtbo`] = places.scmiTree;
      files[`${folder}scmi.map`] = places.scmiMap;
    } else {
      files[`${folder}guest.dtb`] = places.guestTree;
    }
    files[places.inBundle] = places.run;
  }
  const given = (devices ?? []).flatMap((device) => ['--device', device]);
  const repeat = ['bpmp-virt', 'build', word, ...given] as const;
  return {
    id: 'bundle',
    kind: 'pack-bundle',
    options: {
      files,
      kernelConfig: `${LAYOUT.kernelOut}/.config`,
      recipe: name,
      repeat,
      facts: factsOf(recipe),
      sources: before.flatMap(sourcesOf),
      steps: before.map(({ id }) => id),
      into: LAYOUT.bundle,
    },
    after: before.map((step) => step.id),
  };
}

function factsOf({ l4t, kernel, qemu, vms }: Recipe): Record<string, string> {
  return {
    ...(l4t === undefined ? {} : { l4t: l4t.release, jetpack: l4t.jetpack }),
    kernel: JSON.stringify(kernel.source),
    qemu: qemu.version,
    qemuSource: JSON.stringify(qemu.source),
    devices: vms.map((vm) => `${vm.name}: ${vm.devices.join(', ')}`).join('; '),
  };
}
