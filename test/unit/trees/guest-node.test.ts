// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { guestNode } from '../../../src/trees/guest-node.ts';
import { guestTree } from '../../../src/trees/guest-tree.ts';
import { hostOverlay } from '../../../src/trees/host-overlay.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NVIDIA_TREE, nvidiaFacts, ROOT } from '../../helpers/trees/nvidia-tree.ts';

const facts = nvidiaFacts();
const template = (name: string) => readFileSync(join(ROOT, 'dts-templates', name), 'utf8');

function nodeOf(name: string, from = facts, vms: readonly string[] = []) {
  const requests = [
    { name: 'a', devices: [name] },
    ...vms.map((other) => ({ name: other, devices: [other] })),
  ];
  const [policy] = derivePolicies(requests, from);
  const [device] = policy?.devices ?? [];
  if (policy === undefined || device === undefined) throw new Error(name);
  const place = {
    name,
    addresses: device.registers.map((_, at) => 0x0c000000n + BigInt(at) * 0x1000000n),
    spis: device.interrupts.map((_, at) => 112 + at),
  };
  return guestNode({ device, place }, policy, from);
}

/** A node's own properties by name, as they are written. */
function properties(lines: readonly string[]): Record<string, string> {
  const own = lines.filter((line) => /^\t[^\t].*;$/.test(line) && !line.startsWith('\t}'));
  return Object.fromEntries(
    own.map((line) => {
      const [, name = '', value = ''] = /^\t([^ ;]+)(?: = (.*))?;$/.exec(line) ?? [];
      return [name, value];
    }),
  );
}

test('UARTA: the node is the documented one, property by property', () => {
  const { lines, left } = nodeOf('uarta');
  expect(lines[0]).toBe('uarta: serial@c000000 {');
  expect(properties(lines)).toEqual({
    compatible: '"nvidia,tegra194-hsuart"',
    reg: '<0xc000000 0x10000>',
    interrupts: '<0x0 0x70 0x4>',
    'nvidia,memory-clients': '<0xe>',
    clocks: '<&bpmp TEGRA234_CLK_UARTA>, <&bpmp TEGRA234_CLK_PLLP_OUT0>',
    'clock-names': '"serial", "parent"',
    resets: '<&bpmp TEGRA234_RESET_UARTA>',
    'reset-names': '"serial"',
    status: '"okay"',
  });
  expect(left).toEqual([]);
});

describe('what is the host’s stays there', () => {
  test('SPI1: no DMA, no stream; its children are copied too', () => {
    const { lines, left } = nodeOf('spi1');
    expect(left.toSorted()).toEqual(['dma-names', 'dmas', 'iommus']);
    expect(lines.join('\n')).toContain('spi1_spidev_0: spidev@0 {');
    expect(properties(lines)).toMatchObject({
      '#address-cells': '<0x1>',
      'clock-names': '"spi"',
      status: '"okay"',
    });
  });
  test('the GPU: three regions, four interrupts, its domain; nvidia,bpmp is the host’s', () => {
    const own = properties(nodeOf('gpu').lines);
    expect(own).toMatchObject({
      reg: '<0xc000000 0x1000000>, <0xd000000 0x1000000>, <0xe000000 0x1000>',
      interrupts: '<0x0 0x70 0x4>, <0x0 0x71 0x4>, <0x0 0x72 0x4>, <0x0 0x73 0x4>',
      'power-domains': '<&bpmp TEGRA234_POWER_DOMAIN_GPU>',
      'dma-coherent': '',
    });
    expect(own).not.toHaveProperty('nvidia,bpmp');
  });
  test('interrupts-extended becomes interrupts of the guest’s GIC, in order', () => {
    const { lines, left } = nodeOf('usb@3550000');
    expect(properties(lines)['interrupts']).toBe('<0x0 0x70 0x4>, <0x0 0x71 0x4>');
    expect(left).toContain('phys');
  });
  test('a domain that another VM needs too stays on, and out of the guest', () => {
    expect(properties(nodeOf('usb@3550000').lines)).not.toHaveProperty('power-domains');
    const alone = properties(nodeOf('vic@15340000').lines);
    expect(alone['power-domains']).toBe('<&bpmp TEGRA234_POWER_DOMAIN_VIC>');
  });
  test('a property whose phandle no node has is left out', () => {
    const { lines, left } = nodeOf('lost@5000000');
    expect(left).toContain('clocks');
    expect(properties(lines)).toEqual({
      compatible: '"test,lost"',
      reg: '<0xc000000 0x1000>',
      status: '"okay"',
    });
  });
});

describe('references inside of a device are kept', () => {
  const device = {
    compatible: 'x',
    reg: [0, 0x6800000, 0, 0x10000],
    clocks: [2, 201],
    'phy-handle': [50],
    'assigned-clocks': [2, 201],
    'assigned-clock-parents': [2, 102],
    'assigned-clock-rates': [1000],
    mdio: { '#address-cells': [1], 'phy@3': { reg: [3], phandle: [50], 'reset-gpios': [51, 1, 0] } },
  };
  const gpio = { '#gpio-cells': [2], phandle: [51] };
  test('a phy, with the labels of the guest; its GPIO is the host’s', () => {
    const { lines, left } = nodeOf('eth@6800000', nvidiaFacts({ 'eth@6800000': device, 'gpio@1': gpio }));
    expect(properties(lines)).toMatchObject({
      'phy-handle': '<&eth_6800000_mdio_phy_3>',
      'assigned-clocks': `<&bpmp ${facts.namer.nameOf('clock', 201)}>`,
      'assigned-clock-parents': '<&bpmp TEGRA234_CLK_PLLP_OUT0>',
      'assigned-clock-rates': '<0x3e8>',
    });
    expect(lines.join('\n')).toContain('eth_6800000_mdio_phy_3: phy@3 {');
    expect(left).toEqual(['phy@3/reset-gpios']);
  });
  test('a clock that the guest may not set is not set by its tree', () => {
    const shared = nvidiaFacts({ 'eth@6800000': device, 'other@1': { clocks: [2, 201] } });
    expect(nodeOf('eth@6800000', shared).left).toEqual(
      expect.arrayContaining(['assigned-clocks', 'assigned-clock-parents', 'assigned-clock-rates']),
    );
  });
});

describe('whole sources', () => {
  const policies = derivePolicies([{ name: 'uart-vm', devices: ['uarta'] }], facts);
  const base = readFdt(
    makeFdt({
      'platform-bus@c000000': {
        '#address-cells': [1],
        '#size-cells': [1],
        ranges: [0, 0, 0xc000000, 0x2000000],
      },
    }),
    'qemu.dtb',
  );
  const machine = { base, baseFile: 'base.dts', what: 'Guest', hostTree: 'x.dtb' };

  test('the guest’s tree has the window, the alias and the documented bpmp node', () => {
    const [policy] = policies;
    if (policy === undefined) throw new Error('one policy');
    const text = guestTree(policy, facts, machine, template('guest.dts.in'));
    expect(text).toContain('virtual-pa = <0x0 0x90c0000>;');
    expect(text).toContain('serial0 = &uarta;');
    expect(text).toContain('ranges = <0xc000000 0x0 0xc000000 0x2000000>;');
  });
  test('a tree that QEMU did not make is refused', () => {
    const [policy] = policies;
    if (policy === undefined) throw new Error('one policy');
    const odd = { ...machine, base: readFdt(makeFdt({}), 'odd.dtb') };
    expect(() => guestTree(policy, facts, odd, template('guest.dts.in'))).toThrow(/no platform bus/);
  });

  const templates = { overlay: template('host-overlay.dts.in'), policyNode: template('policy-node.dts.in') };
  test('the only VM has no label; of several each has its own', () => {
    const one = hostOverlay(policies, facts.index, facts.ids, templates, 'x.dtb');
    expect(one).toContain('\tbpmp_host_proxy {');
    expect(one).not.toContain('label');
    expect(one).toContain('iommus = <&smmu_niso0 TEGRA234_SID_SMMU_TEST>;');
    const both = derivePolicies(
      [
        { name: 'a', devices: ['uarta'] },
        { name: 'b', devices: ['gpu'] },
      ],
      facts,
    );
    const text = hostOverlay(both, facts.index, facts.ids, templates, 'x.dtb');
    expect(text).toContain('label = "a";');
    expect(text).toContain('bpmp_host_proxy-b {');
    expect(text).toContain('&ga10b {');
  });
  test('devices are named to be kept off the host’s drivers, unless a VM wants it otherwise', () => {
    const vms = [
      { name: 'a', devices: ['uarta', 'spi1'] },
      { name: 'b', devices: ['gpu'], keepOff: false },
    ];
    const text = hostOverlay(derivePolicies(vms, facts), facts.index, facts.ids, templates, 'x.dtb');
    // SPI1 has neither label nor phandle in that tree: a fragment of our own gives it both.
    expect(text.match(/passthrough-devices = .*;/g)).toEqual([
      'passthrough-devices = <&uarta>, <&bpmp_virt_a_1>;',
    ]);
    expect(text).toContain('target-path = "/bus@0/spi@3210000";\n\t\tbpmp_virt_a_1: __overlay__ {');
  });
  test('a phandle without a label is named as the number that it is', () => {
    const { __symbols__: symbols, ...bare } = NVIDIA_TREE;
    const { uarta: _, ...others } = symbols as NodeSpec;
    const from = factsOf(makeFdt({ ...bare, __symbols__: others }));
    const own = derivePolicies([{ name: 'a', devices: ['serial@3100000'] }], from);
    const text = hostOverlay(own, from.index, from.ids, templates, 'x.dtb');
    expect(text).toContain('passthrough-devices = <0x14>;');
  });
  test('in a tree without symbols all is named by phandles', () => {
    const { __symbols__: _, ...bare } = NVIDIA_TREE;
    const from = factsOf(makeFdt(bare));
    const own = derivePolicies([{ name: 'a', devices: ['uarta'] }], from);
    const text = hostOverlay(own, from.index, from.ids, templates, 'x.dtb');
    expect(text).toContain('nvidia,bpmp = <0x2>;');
    expect(text).toContain('&{/bus@0/serial@3100000} {\n\tiommus = <0x3 TEGRA234_SID_SMMU_TEST>;');
    expect(text).toContain('passthrough-devices = <0x14>;');
  });
});
