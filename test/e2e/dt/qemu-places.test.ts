// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/command.ts';
import { indexHost } from '../../../src/dt/host-index.ts';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import {
  cellsOf,
  type DeviceTree,
  isEnabled,
  phandlesOf,
  stringOf,
  stringsOf,
} from '../../../src/dt/tree.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { renderGuestTreeStep } from '../../../src/steps/render-guest-tree.ts';
import { renderOrinTreeStep } from '../../../src/steps/render-orin-tree.ts';
import type { StepContext } from '../../../src/steps/step.ts';
import { writeRunScriptStep } from '../../../src/steps/write-run-script.ts';
import { dumpTree } from '../../../src/tools/dtc/dtc.ts';
import { fillFolder } from '../../../src/tools/files/folder.ts';
import { busWord, guestArgs, virtualOrinArgs } from '../../../src/trees/machine-args.ts';
import { type BusDevice, placeOnBus, VIRT_PLATFORM_BUS } from '../../../src/trees/platform-bus.ts';
import { askQemu } from '../../helpers/emulate/qmp.ts';
import { labKernelTree } from '../../helpers/lab/lab.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { compileBoards, recorder } from '../../helpers/trees/board-dtbs.ts';
import { compilePreload, vfioDevices } from '../../helpers/trees/fake-vfio.ts';
import { makeFdt } from '../../helpers/trees/make-fdt.ts';
import { random } from '../../helpers/trees/mutate.ts';
import { factsOf, NOTES, NVIDIA_TREE, ROOT } from '../../helpers/trees/nvidia-tree.ts';

const VERSIONS = process.env['QEMU'] === undefined ? TESTED_QEMUS : (['7.2'] as const);
const folder = mkdtempSync(join(tmpdir(), 'bpmp-virt-places-'));
const GPU = { name: '17000000.gpu', regions: [0x1000000n, 0x1000000n, 0x1000n], interrupts: 4 };
const NOTED = NOTES.map((notes) => notes.name);
let preload: string;
let tree: string;
let board: string;

beforeAll(async () => {
  tree = process.env['KSRC'] ?? (await labKernelTree());
  const boards = await compileBoards(tree, join(folder, 'boards'));
  board = boards.get('tegra234-p3737-0000+p3701-0000') ?? '';
  preload = await compilePreload('fake-vfio/fake-vfio.c', folder);
});

/** A QEMU with vfio-platform devices, up to where its machine is complete. */
function machineWith(qemu: string, devices: readonly BusDevice[], bus?: string): Command {
  const { words, fake } = vfioDevices(devices, folder);
  const dtb = join(folder, 'any.dtb');
  writeFileSync(dtb, makeFdt({ '#address-cells': [2], '#size-cells': [2], 'a-tree-of-ones-own': true }));
  const env = [`FAKE_VFIO=${fake}`, `LD_PRELOAD=${preload}`];
  // A machine of 16 MiB: the preload maps nothing, and a tree of our own keeps QEMU from making nodes.
  const machine = [
    ...['-machine', `virt,accel=tcg,gic-version=3${busWord(bus)}`, '-cpu', 'max'],
    ...['-nic', 'none', '-serial', 'null', '-m', '16'],
  ];
  return ['env', ...env, qemu, ...machine, '-dtb', dtb, ...words];
}

/** Where QEMU put them, read over QMP: addresses from the memory tree, interrupts from the devices' own links. */
async function placesIn(qemu: string, devices: readonly BusDevice[], bus?: string) {
  const irqs = devices.flatMap(({ interrupts }, at) =>
    Array.from({ length: interrupts }, (_, n) => ({
      path: `/machine/peripheral/dev${at}`,
      property: `sysbus-irq[${n}]`,
    })),
  );
  const [mtree, ...lines] = await askQemu(machineWith(qemu, devices, bus), [
    { execute: 'human-monitor-command', arguments: { 'command-line': 'info mtree' } },
    ...irqs.map((each) => ({ execute: 'qom-get', arguments: each })),
  ]);
  const regions = new Map<string, bigint>();
  for (const [, start, name, region] of String(mtree).matchAll(
    /([0-9a-f]{16})-[0-9a-f]{16} \(.*\): VFIO (\S+) region (\d+)/g,
  ))
    regions.set(`${name} ${region}`, BigInt(`0x${start}`));
  const spis = lines.map((path) => Number(/\[(\d+)\]$/.exec(String(path))?.[1]));
  return devices.map(({ name, regions: own, interrupts }) => ({
    name,
    addresses: own.map((_, at) => regions.get(`${name} ${at}`)),
    spis: spis.splice(0, interrupts),
  }));
}

function randomDevices(next: () => number): readonly BusDevice[] {
  const pick = (most: number) => Math.floor(next() * most);
  const sizes = [0x100n, 0x1000n, 0x5000n, 0x10000n, 0x30000n, 0x210000n, 0x400000n];
  return Array.from({ length: 1 + pick(5) }, (_, at) => ({
    name: `${(at + 1).toString(16)}00000.dev${at}`,
    regions: Array.from({ length: 1 + pick(4) }, () => sizes[pick(sizes.length)] ?? 0x1000n),
    interrupts: pick(5),
  }));
}

describe.each(VERSIONS)('QEMU %s', (version) => {
  let qemu: string;
  beforeAll(async () => {
    qemu = process.env['QEMU'] ?? (await labQemu({ version })).binary;
  });

  test('vfio-platform devices of several regions and interrupts are where we compute them', async () => {
    const next = random(112);
    for (let machine = 0; machine < 10; machine += 1) {
      const devices = randomDevices(next);
      expect(await placesIn(qemu, devices)).toEqual(placeOnBus(devices, VIRT_PLATFORM_BUS));
    }
  });

  test('what we say does not fit, QEMU does not fit either', async () => {
    expect(() => placeOnBus([GPU], VIRT_PLATFORM_BUS)).toThrow(/does not fit/);
    await expect(placesIn(qemu, [GPU])).rejects.toThrow(/Can not fit MMIO region of size 1000/);
    const busy = { name: '1.busy', regions: [0x1000n], interrupts: 65 };
    expect(() => placeOnBus([busy], VIRT_PLATFORM_BUS)).toThrow(/no interrupt is left/);
    await expect(placesIn(qemu, [busy])).rejects.toThrow(/Can not fit IRQ line/);
  });

  test('the GPU on a larger bus is where we compute it; no bus has a size of any kind', async () => {
    const bus = { ...VIRT_PLATFORM_BUS, base: 0x1000_0000n, size: 0x400_0000n };
    const devices = [{ name: '1.uart', regions: [0x10000n], interrupts: 1 }, GPU];
    expect(await placesIn(qemu, devices, '64M')).toEqual(placeOnBus(devices, bus));
    for (const size of ['16M', '48M', '512M'])
      await expect(placesIn(qemu, [], size)).rejects.toThrow(/must be a power of 2 from 32M to 256M/);
  });

  test('the tree that QEMU dumps has the bus that we compute for', async () => {
    const machine = guestArgs({ memory: '256M', cpus: 2, gic: 3 });
    const base = await dumpTree(qemu, machine, recorder().run, async (file) =>
      readFdt(readFileSync(file), file),
    );
    const bus = base.root.children.find((each) => each.name === 'platform-bus@c000000');
    if (bus === undefined) throw new Error('no platform bus');
    expect(cellsOf(bus, 'ranges')).toEqual([0, 0, 0xc000000, 0x2000000]);
    expect(stringOf(base.nodes.get('/intc@8000000') ?? base.root, 'compatible')).toBe('arm,gic-v3');
    expect(virtualOrinArgs({ memory: '1G', cpus: 1 })[1]).toContain(
      'gic-version=3,virtualization=on,iommu=smmuv3',
    );
  });

  /** A step's context that records what programs say. */
  function context(into: string) {
    const { run, said } = recorder();
    const path = (plan: string) => plan.replace(/^tool:/, `${ROOT}/`).replace(/^work:/, `${into}/`);
    const ctx: Pick<StepContext, 'path' | 'exec' | 'emit' | 'replaceProduct'> = {
      ...{ path, exec: run, emit: () => undefined },
      replaceProduct: fillFolder,
    };
    const warnings = () => said.filter((line) => !/info: dtb dumped to/.test(line));
    return { ctx: ctx as StepContext, warnings };
  }

  test('the guest’s tree: no warning from dtc, the documented node, and the same tree when it is made again', async () => {
    const into = tmpDir();
    const { ctx, warnings } = context(into);
    const host = join(into, 'nv.dtb');
    writeFileSync(host, makeFdt(NVIDIA_TREE));
    const options = {
      dtb: host,
      tree,
      vm: { name: 'uart-vm', devices: ['uarta', 'spi1'] },
      otherVms: [],
      machine: { memory: '256M', cpus: 2, gic: 3 },
      qemu,
      into: 'work:guest.dtb',
    } as const;
    await renderGuestTreeStep.run(options, ctx);
    const blob = readFileSync(join(into, 'guest.dtb'));
    await renderGuestTreeStep.run(options, ctx);
    expect(warnings()).toEqual([]);
    expect(readFileSync(join(into, 'guest.dtb')).equals(blob)).toBe(true);

    const guest = readFdt(blob, 'guest.dtb');
    expectDocumented(guest);
    expect(cellsOf(guest.nodes.get('/platform-bus@c000000/spi@c010000') ?? guest.root, 'interrupts')).toEqual(
      [0, 113, 4],
    );
    const aliases = guest.nodes.get('/aliases') ?? guest.root;
    expect(stringOf(aliases, 'serial0')).toBe('/platform-bus@c000000/serial@c000000');
    const chosen = guest.nodes.get('/chosen') ?? guest.root;
    expect([...chosen.properties.keys()]).not.toContain('kaslr-seed');
    expect(stringOf(chosen, 'stdout-path')).toBe('/pl011@9000000');
  });

  test('the guest’s tree with the GPU of NVIDIA’s tree: on a larger bus, without a warning', async () => {
    const into = tmpDir();
    const { ctx, warnings } = context(into);
    const host = join(into, 'nv.dtb');
    writeFileSync(host, makeFdt(NVIDIA_TREE));
    // Nothing confines what it writes to.
    const vm = { name: 'gpu-vm', devices: ['gpu!'] };
    const machine = { memory: '256M', cpus: 1, gic: 3 } as const;
    const common = { dtb: host, tree, vm, otherVms: [], qemu, into: 'work:guest.dtb' };
    await expect(renderGuestTreeStep.run({ ...common, machine }, ctx)).rejects.toThrow(/gpu does not fit/);
    const large = { ...machine, platformBus: '64M' };
    await renderGuestTreeStep.run({ ...common, machine: large }, ctx);
    expect(warnings()).toEqual([]);
    const guest = readFdt(readFileSync(join(into, 'guest.dtb')), 'guest.dtb');
    const gpu = guest.nodes.get('/platform-bus@10000000/gpu@10000000') ?? guest.root;
    expect(cellsOf(gpu, 'reg')).toEqual([0x10000000, 0x1000000, 0x11000000, 0x1000000, 0x12000000, 0x1000]);
    const [bpmp, domain] = cellsOf(gpu, 'power-domains') ?? [];
    expect([phandlesOf(guest).get(bpmp ?? 0)?.name, domain]).toEqual(['bpmp', 35]);
    const run = { dtb: host, vm, machine: large, recipe: 'any', bpmpHost: '/dev/bpmp-host', place: '.' };
    await writeRunScriptStep.run({ ...run, into: 'work:run' }, ctx);
    expect(readFileSync(join(into, 'run/run-vm.sh'), 'utf8')).toMatch(
      /^VM_MACHINE=.*-virt,accel=kvm,platform-bus-size=64M\}$/m,
    );
  });

  // Only NVIDIA's tree has the GPU (see above) and the CAN controller.
  test.each(NOTED.filter((name) => !['gpu', 'mttcan0'].includes(name)))(
    'the guest’s tree with %s of a real board',
    async (name) => {
      const into = tmpDir();
      const { ctx, warnings } = context(into);
      const options = {
        dtb: board,
        tree,
        vm: { name: 'a', devices: [name] },
        otherVms: [],
        machine: { memory: '256M', cpus: 1, gic: 3 },
        qemu,
        into: 'work:guest.dtb',
      } as const;
      await renderGuestTreeStep.run(options, ctx);
      expect(warnings()).toEqual([]);
      const guest = indexHost(readFdt(readFileSync(join(into, 'guest.dtb')), 'guest.dtb'));
      expect([...guest.facts.values()].flatMap((facts) => facts.problems)).toEqual([]);
      const facts = factsOf(readFileSync(board));
      const [policy] = derivePolicies([options.vm], facts);
      const known = policy?.ids.map(({ kind, id }) => `${kind} ${id}`) ?? [];
      // A parent to choose is above a clock of the VM, and the host proxy finds what is above by itself.
      const used = [...guest.facts.values()]
        .flatMap(({ uses }) => uses)
        .filter(({ property }) => property !== 'assigned-clock-parents')
        .map(({ kind, id }) => `${kind} ${id}`);
      expect(known).toEqual(expect.arrayContaining(used));
      expect(used.length).toBeGreaterThan(1);
    },
  );

  test('the virtual Orin’s tree: a stream for the device, the policy node, no warning', async () => {
    const into = tmpDir();
    const { ctx, warnings } = context(into);
    const host = join(into, 'nv.dtb');
    writeFileSync(host, makeFdt(NVIDIA_TREE));
    const vms = [{ name: 'uart-vm', devices: ['/bus@0/serial@3100000'] }];
    const machine = { memory: '512M', cpus: 2 };
    await renderOrinTreeStep.run({ dtb: host, tree, vms, machine, qemu, into: 'work:orin.dtb' }, ctx);
    expect(warnings()).toEqual([]);
    const orin = readFdt(readFileSync(join(into, 'orin.dtb')), 'orin.dtb');
    const uarta = orin.nodes.get('/platform-bus@c000000/serial@c000000') ?? orin.root;
    const [smmu = 0, stream] = cellsOf(uarta, 'iommus') ?? [];
    expect([phandlesOf(orin).get(smmu)?.name, stream]).toEqual(['smmuv3@9050000', 0x100]);
    const policy = orin.nodes.get('/bpmp_host_proxy') ?? orin.root;
    expect(cellsOf(policy, 'allowed-clocks')).toEqual([155]);
    expect(cellsOf(policy, 'shared-clocks')).toEqual([102]);
    expect(cellsOf(policy, 'allowed-resets')).toEqual([100]);
  });
});

/** Node and window of the documented procedure, as bytes in the blob. */
function expectDocumented(guest: DeviceTree): void {
  const bpmp = guest.nodes.get('/bpmp') ?? guest.root;
  expect(stringsOf(bpmp, 'compatible')).toEqual(['nvidia,tegra234-bpmp', 'nvidia,tegra186-bpmp']);
  expect(cellsOf(bpmp, 'virtual-pa')).toEqual([0, 0x090c0000]);
  const node = guest.nodes.get('/platform-bus@c000000/serial@c000000') ?? guest.root;
  const phandle = cellsOf(bpmp, 'phandle')?.[0] ?? 0;
  const cells = (name: string) => cellsOf(node, name);
  expect([...node.properties.keys()].sort()).toEqual([
    'clock-names',
    'clocks',
    'compatible',
    'interrupts',
    'nvidia,memory-clients',
    'reg',
    'reset-names',
    'resets',
    'status',
  ]);
  expect(stringsOf(node, 'compatible')).toEqual(['nvidia,tegra194-hsuart']);
  expect(cells('reg')).toEqual([0xc000000, 0x10000]);
  expect(cells('interrupts')).toEqual([0, 0x70, 4]);
  expect(cells('nvidia,memory-clients')).toEqual([14]);
  expect(cells('clocks')).toEqual([phandle, 155, phandle, 102]);
  expect(stringsOf(node, 'clock-names')).toEqual(['serial', 'parent']);
  expect(cells('resets')).toEqual([phandle, 100]);
  expect(stringsOf(node, 'reset-names')).toEqual(['serial']);
  expect(isEnabled(node)).toBe(true);
}
