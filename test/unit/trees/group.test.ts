// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { TEGRA234_IDS } from '../../../src/dt/data/tegra234-ids.ts';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { lintPolicies } from '../../../src/policy/lint.ts';
import { guestTree, placeDevices } from '../../../src/trees/guest-tree.ts';
import { VIRT_PLATFORM_BUS } from '../../../src/trees/platform-bus.ts';
import { scmiGuest } from '../../../src/trees/scmi-guest.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NVIDIA_TREE, ROOT } from '../../helpers/trees/nvidia-tree.ts';
import { cells, ownRegisters, readOwn } from '../../helpers/trees/own-reader.ts';

type Facts = ReturnType<typeof factsOf>;
const template = (name: string) => readFileSync(join(ROOT, 'dts-templates', name), 'utf8');
const { clocks, resets, powerDomains } = TEGRA234_IDS;
const NUMBERS: Record<string, number> = { ...clocks, ...resets, ...powerDomains };

/** dtc's result, and all that it says. */
function compile(source: string): { readonly blob: Buffer; readonly said: string } {
  const input = source
    .replaceAll(/^#include.*$/gm, '')
    .replaceAll(/\bTEGRA234_\w+/g, (name) => String(NUMBERS[name] ?? name));
  const words = ['-@', '-I', 'dts', '-O', 'dtb', '-o', '-', '-'];
  const { stdout, stderr } = spawnSync('dtc', words, { input, timeout: 60_000 });
  return { blob: stdout, said: stderr.toString() };
}

const bus = { '#address-cells': [1], '#size-cells': [1], compatible: 'simple-bus' };
const QEMU = readFdt(
  makeFdt({
    '#address-cells': [2],
    '#size-cells': [2],
    'platform-bus@c000000': { ...bus, ranges: [0, 0, 0xc000000, 0x4000000] },
  }),
  'qemu.dtb',
);
const BASE =
  '/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; interrupt-parent = <&gic>; gic: intc@8000000 { ' +
  'compatible = "arm,gic-v3"; reg = <0 0x8000000 0 0x10000>; #address-cells = <0>; #interrupt-cells = <3>; interrupt-controller; }; platform-bus@c000000 { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; }; };';

function policyFor(facts: Facts, devices: readonly string[]) {
  const [policy] = derivePolicies([{ name: 'a', devices }], facts);
  if (policy === undefined) throw new Error('one policy');
  return policy;
}

/** The guest's tree of a VM with these devices, as another reader sees it. */
function guestOf(facts: Facts, devices: readonly string[]) {
  const machine = { base: QEMU, baseFile: 'base.dts', what: 'x', hostTree: 'x' };
  const source = guestTree(policyFor(facts, devices), facts, machine, template('guest.dts.in'));
  const { blob, said } = compile(`${BASE}\n${source}`);
  return { source, said, nodes: readOwn(blob) };
}

const HOST = NVIDIA_TREE['bus@0'] as NodeSpec;
const client = (address: number, clock: number, more: NodeSpec = {}): NodeSpec => ({
  compatible: 'x,client',
  reg: [0, address, 0, 0x40000],
  interrupts: [0, 206, 4],
  clocks: [2, clock],
  iommus: [4, 0x34],
  ...more,
});
const host1x: NodeSpec = {
  compatible: 'nvidia,tegra234-host1x',
  reg: [0, 0x13e00000, 0, 0x10000],
  interrupts: [0, 263, 4],
  '#address-cells': [2],
  '#size-cells': [2],
  ranges: [0, 0x14800000, 0, 0x14800000, 0, 0x2000000],
  clocks: [2, 46, 2, 1],
  'clock-names': ['host1x', 'actmon'],
  iommus: [4, 0x27],
  phandle: [70],
  'vic@15240000': client(0x15240000, 167, { phandle: [71] }),
  'nvdec@15480000': client(0x15480000, 83, { 'nvidia,host1x': [70], companion: [71] }),
  // The firmware has their registers.
  'nvcsi@15a00000': { compatible: 'nvidia,tegra194-nvcsi', clocks: [2, 81], resets: [2, 43] },
};
const facts = factsOf(makeFdt({ ...NVIDIA_TREE, 'bus@0': { ...HOST, 'host1x@13e00000': host1x } }));
const GROUP = ['vic@15240000', 'host1x@13e00000', 'nvdec@15480000', 'uarta'];

describe('a child with a compatible on a bus of addresses is a device by itself, also without registers', () => {
  test('its ids are not the bus’s', () => {
    const ids = policyFor(facts, ['host1x@13e00000']).ids.map(({ kind, id }) => `${kind} ${id}`);
    expect(ids).toEqual(['clock 1', 'clock 46']);
  });
  test('it stays behind, and that is said', () => {
    expect(guestOf(facts, ['host1x@13e00000']).source).toContain('nvcsi@15a00000 (a device by itself)');
  });
});

describe('devices of one VM that lie in each other', () => {
  const { source, said, nodes } = guestOf(facts, GROUP);
  const at = (path: string) => nodes.find((node) => node.path === path);
  test('dtc takes the guest’s tree without a word', () => {
    expect(said).toBe('');
  });
  test('clients are below their host1x, where QEMU places them', () => {
    const policy = policyFor(facts, GROUP);
    const places = placeDevices(policy.devices, VIRT_PLATFORM_BUS).map(({ addresses }) => addresses);
    const names = [
      'host1x@c040000/vic@c000000',
      'host1x@c040000',
      'host1x@c040000/nvdec@c080000',
      'serial@c050000',
    ];
    const found = names.map((name) => at(`/platform-bus@c000000/${name}`));
    expect(found.map((node) => node && ownRegisters(node)[0]?.split('+')[0])).toEqual(
      places.map(([first]) => `0x${first?.toString(16)}`),
    );
  });
  test('they refer to each other as on the host, by phandles of the guest', () => {
    const [vic, host] = ['host1x@c040000/vic@c000000', 'host1x@c040000'].map((name) =>
      cells(at(`/platform-bus@c000000/${name}`)?.properties.get('phandle')),
    );
    const nvdec = at('/platform-bus@c000000/host1x@c040000/nvdec@c080000')?.properties;
    expect(cells(nvdec?.get('nvidia,host1x'))).toEqual(host);
    expect(cells(nvdec?.get('companion'))).toEqual(vic);
    expect(host).toHaveLength(1);
  });
  test('the host’s ranges are not the guest’s', () => {
    expect(source).not.toContain('0x14800000');
    expect(at('/platform-bus@c000000/host1x@c040000')?.properties.get('ranges')).toHaveLength(0);
  });
  test('a client is refused without its host1x, and not with it', () => {
    const errors = (devices: readonly string[]) =>
      lintPolicies([policyFor(facts, devices)], facts)
        .filter(({ severity, message }) => severity === 'error' && message.includes('/vic@'))
        .map(({ message }) => message);
    expect(errors(['vic@15240000']).join()).toMatch(/does not work without .*host1x@13e00000 \(parent\)/);
    expect(errors(['vic@15240000', 'host1x@13e00000']).join()).not.toMatch(/does not work/);
  });
  test('over SCMI the same, and aliases name the way through it', () => {
    const inner = client(0x15240000, 167);
    const i2c = factsOf(
      makeFdt({
        ...NVIDIA_TREE,
        'bus@0': { ...HOST, 'host1x@13e00000': { ...host1x, 'i2c@15340000': inner } },
      }),
    );
    const policy = policyFor(i2c, ['host1x@13e00000', 'i2c@15340000']);
    const text = scmiGuest(policy, i2c, { what: 'x', hostTree: 'x' }, template('guest-scmi.dts.in'));
    expect(text).toContain('i2c0 = "/platform-bus@c000000/host1x@c000000/i2c@c040000";');
    expect(
      compile(text).said.replaceAll(/^.*Warning \((alias|avoid|clocks|interrupts)_\w*\).*$\n?/gm, ''),
    ).toBe('');
  });
});

test('a bus of chips keeps the cells of its address, also where no child has one', () => {
  const i2c = { ...client(0x9000000, 201), '#address-cells': [1], '#size-cells': [0], 'prod-settings': {} };
  const host = factsOf(makeFdt({ ...NVIDIA_TREE, 'bus@0': { ...HOST, 'i2c@9000000': i2c } }));
  expect(guestOf(host, ['i2c@9000000']).said).not.toContain('i2c_bus_bridge');
});

test('two devices with one table of settings have one copy of it', () => {
  const table = { phandle: [60], vm_irq1: { 'nvidia,vm-num': [1] } };
  const mac = (address: number): NodeSpec => ({ ...client(address, 201), 'nvidia,vm-irq-config': [60] });
  const both = { 'a@9000000': mac(0x9000000), 'b@9100000': mac(0x9100000) };
  const two = factsOf(makeFdt({ ...NVIDIA_TREE, 'vm-irq-config': table, 'bus@0': { ...HOST, ...both } }));
  const { said, nodes } = guestOf(two, ['a@9000000', 'b@9100000']);
  expect(said).toBe('');
  const named = nodes.flatMap((node) => cells(node.properties.get('nvidia,vm-irq-config')));
  const [only] = cells(nodes.find(({ path }) => path === '/vm-irq-config')?.properties.get('phandle'));
  expect(named).toEqual([only, only]);
});

const REAL = join(ROOT, '../shared/trees/l4t-36.3-p3737-0000+p3701-0000-nv.dtb.gz');
test.runIf(existsSync(REAL))('the GPU with host1x and its clients, of the AGX Orin’s tree of 36.3', () => {
  const real = factsOf(gunzipSync(readFileSync(REAL)));
  const members = ['host1x', 'vic@15340000', 'nvdec@15480000', 'nvjpg@15380000', 'nvjpg@15540000', 'gpu'];
  const { said, nodes } = guestOf(real, members);
  expect(said).toBe('');
  const below = nodes.filter(({ path }) => /^\/platform-bus@c000000\/[^/]+\/[^/]+$/.test(path));
  expect(below.map(({ path }) => path.replace(/.*\//, '').replace(/@.*/, ''))).toEqual([
    'vic',
    'nvdec',
    'nvjpg',
    'nvjpg',
  ]);
});
