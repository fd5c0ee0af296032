// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { findDevice } from '../../../src/dt/devices.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { reportDevice } from '../../../src/policy/device-report.ts';
import { judgeDevice } from '../../../src/policy/verdict.ts';
import { guestNode } from '../../../src/trees/guest-node.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NOTES, NVIDIA_TREE } from '../../helpers/trees/nvidia-tree.ts';

/** What was called ready before: shapes of trees that vendors write, and of broken ones. */
const BUS = NVIDIA_TREE['bus@0'] as NodeSpec;
const NAME = 'x@9000000';
const DEVICE: NodeSpec = {
  compatible: 'x,device',
  reg: [0, 0x9000000, 0, 0x1000],
  iommus: [3, 0x20],
  clocks: [2, 201],
};
const NO_STREAM: NodeSpec = { compatible: 'x,device', reg: [0, 0x9000000, 0, 0x1000], clocks: [2, 201] };
const onBus = (nodes: NodeSpec, beside: NodeSpec = {}) =>
  factsOf(makeFdt({ ...NVIDIA_TREE, ...beside, 'bus@0': { ...BUS, ...nodes } }));
const withDevice = (more: NodeSpec, beside: NodeSpec = {}) =>
  onBus({ [NAME]: { ...DEVICE, ...more } }, beside);
const verdict = (facts: ReturnType<typeof factsOf>, name = NAME) =>
  judgeDevice(findDevice(facts.index, name, NOTES), facts);
const wires: NodeSpec = { '#address-cells': [1], '#size-cells': [0] };

test('nothing speaks against the device that these tests change', () => {
  expect(verdict(withDevice({}))).toEqual({ kind: 'ready', reasons: [] });
});

describe('the state of a node', () => {
  test.each([
    ['reserved', /other software of the board has it/],
    ['fail', /it does not work/],
    ['fail-sss', /it does not work/],
  ])('status = "%s"', (status, why) => {
    const { kind, reasons } = verdict(withDevice({ status }));
    expect([kind, reasons[0]]).toEqual(['refused', expect.stringMatching(why)]);
  });
  test('a bus above it that is off, which no overlay of ours switches on', () => {
    const bus = { ...wires, '#address-cells': [2], '#size-cells': [2], ranges: true, [NAME]: DEVICE };
    const on = onBus({ 'bus@9000000': { ...bus, compatible: 'simple-bus' } } as NodeSpec);
    expect(verdict(on).kind).toBe('ready');
    const off = onBus({
      'bus@9000000': { ...bus, compatible: 'simple-bus', status: 'disabled' },
    } as NodeSpec);
    expect(verdict(off).reasons[0]).toMatch(/^\/bus@0\/bus@9000000 above it is switched off/);
  });
});

describe('a controller that the tree has off, and the overlay would switch on', () => {
  const off = (more: NodeSpec) => withDevice({ ...wires, status: 'disabled', ...more });
  test('chips behind it that are on', () => {
    expect(verdict(off({ 'pmic@3c': { compatible: 'x,pmic', reg: [0x3c] } })).reasons[0]).toMatch(/pmic@3c/);
    const chip = { compatible: 'x,pmic', reg: [0x3c], status: 'disabled' };
    expect(verdict(off({ 'pmic@3c': chip })).kind).toBe('ready');
  });
  test.each([
    ['spi@3270000', { compatible: 'nvidia,tegra234-qspi', reg: [0, 0x3270000, 0, 0x1000] }, /boot flash/],
    ['i2c@31a0000', { compatible: 'nvidia,tegra194-i2c', reg: [0, 0x31a0000, 0, 0x100] }, /power supply/],
    ['i2c@3160000', { compatible: 'nvidia,tegra194-i2c', reg: [0, 0x3160000, 0, 0x100] }, /identity/],
    ['i2c@c240000', { compatible: 'nvidia,tegra194-i2c', reg: [0, 0xc240000, 0, 0x100] }, /power monitor/],
  ] as const)('%s is the firmware’s, with nothing behind it too', (name, node, why) => {
    const facts = onBus({ [name]: { ...node, clocks: [2, 201], status: 'disabled' } as NodeSpec });
    const { kind, reasons } = verdict(facts, name);
    expect([kind, reasons[0]]).toEqual(['refused', expect.stringMatching(why)]);
  });
});

describe('memory requests without a stream', () => {
  test.each([
    ['x,device', 'unconfined-dma'],
    ['nvidia,tegra234-qspi', 'unconfined-dma'],
    ['nvidia,tegra234-hda', 'unconfined-dma'],
    ['nvidia,tegra194-i2c', 'needs-iommus'],
    ['nvidia,tegra194-hsuart', 'needs-iommus'],
    ['nvidia,tegra210-spi', 'needs-iommus'],
    ['nvidia,tegra234-pwm', 'needs-iommus'],
    ['nvidia,tegra194-mttcan', 'needs-iommus'],
    ['arm,sbsa-uart', 'needs-iommus'],
  ])('%s: %s', (compatible, kind) => {
    expect(verdict(onBus({ [NAME]: { ...NO_STREAM, compatible } })).kind).toBe(kind);
  });
});

describe('interrupts', () => {
  test('a line that a device of the host raises too', () => {
    expect(verdict(withDevice({ interrupts: [0, 65, 4] })).reasons).toEqual([
      'its interrupt (SPI 65) is that of /bus@0/mmc@3460000 too',
    ]);
    // Of mmc@3400000, which is off.
    expect(verdict(withDevice({ interrupts: [0, 62, 4] })).kind).toBe('ready');
  });
  test('one of each CPU', () => {
    expect(verdict(withDevice({ interrupts: [1, 9, 4] })).reasons[0]).toMatch(/of each CPU \(PPI\)/);
  });
});

describe('what other nodes provide', () => {
  test.each([
    ['clocks', { clocks: [2, 201, 90] }, { compatible: 'fixed-clock', '#clock-cells': [0] }],
    ['resets', { resets: [90, 1] }, { compatible: 'x,reset', '#reset-cells': [1] }],
    ['power-domains', { 'power-domains': [90] }, { compatible: 'x,pd', '#power-domain-cells': [0] }],
  ] as const)('%s of a node that is not the BPMP', (property, more, node) => {
    const facts = withDevice(more as unknown as NodeSpec, { other: { ...node, phandle: [90] } as NodeSpec });
    expect(verdict(facts)).toEqual({
      kind: 'loses-parts',
      reasons: [`the guest will miss /other (${property})`],
    });
  });
  test('a clock that the device makes for its own parts goes with it', () => {
    const part = { clocks: [90, 3], 'clock-names': 'in' };
    const facts = withDevice({ '#clock-cells': [1], phandle: [90], part });
    expect(verdict(facts).kind).toBe('ready');
    const [policy] = derivePolicies([{ name: 'a', devices: [NAME] }], facts);
    const device = findDevice(facts.index, NAME, NOTES);
    if (policy === undefined) throw new Error('one policy');
    const place = { name: 'x', addresses: [0xc000000n], spis: [] };
    const { lines } = guestNode({ device, place }, policy, facts);
    expect(lines.join('\n')).toContain('clocks = <&x_9000000 0x3>;');
  });
});

test('a line that a GPIO controller holds for itself names no node', () => {
  const line: NodeSpec = { gpios: [90, 0], 'output-low': true };
  const given = (user: NodeSpec) => verdict(withDevice({ phandle: [90], '#gpio-cells': [1] }, { user }));
  expect(given({ ...line, 'gpio-hog': true }).kind).toBe('ready');
  expect(given(line).reasons[0]).toMatch(/rely on it: \/user/);
});

test('a reference to a node that is not there is said, not left out in silence', () => {
  expect(verdict(withDevice({ mboxes: [0xdead, 1] }))).toEqual({
    kind: 'loses-parts',
    reasons: ['the guest will miss a node that is not there (mboxes)'],
  });
});

describe('devices that work together', () => {
  test('each names the others, and what is not made here', () => {
    const host1x = { compatible: 'nvidia,tegra234-host1x', reg: [0, 0x13e00000, 0, 0x1000] };
    const facts = onBus({ 'host1x@13e00000': { ...host1x, interrupts: [0, 263, 4] } as NodeSpec });
    const limits = reportDevice(findDevice(facts.index, 'gpu', NOTES), facts).limits.join();
    expect(limits).toMatch(/it works together with .*host1x@13e00000, in one VM: .*nobody has tried it/);
    expect(reportDevice(findDevice(facts.index, 'uarta', NOTES), facts).limits.join()).not.toMatch(
      /together/,
    );
  });
});

test('registers in memory are nobody’s, also in a larger reservation', () => {
  const memory = { device_type: 'memory', reg: [0, 0x80000000, 1, 0] };
  const { kind, reasons } = verdict(withDevice({ reg: [0, 0x90000000, 0, 0x1000] }, { memory }));
  expect([kind, reasons[0]]).toEqual(['refused', expect.stringMatching(/overlap with those of \/memory/)]);
});

test('a phandle that two nodes have would lead to the first', () => {
  expect(verdict(withDevice({ phandle: [20] })).reasons).toEqual([
    'its phandle is that of /bus@0/serial@3100000 too',
  ]);
});

test('a symbol that no source could name is left out', () => {
  const symbols = { 'a-b,c': `/bus@0/${NAME}`, bpmp: '/bpmp' };
  const facts = withDevice({}, { __symbols__: symbols });
  expect(facts.index.labels.get(`/bus@0/${NAME}`)).toBe(undefined);
});

describe('parts of parts', () => {
  test('an equalizer in the output engine of the audio hub does not work without the hub', () => {
    const above = { '#address-cells': [2], '#size-cells': [2], ranges: true };
    const peq = { ...NO_STREAM, compatible: 'nvidia,tegra210-peq' };
    const ope = { ...above, compatible: 'nvidia,tegra210-ope', reg: [0, 0x9000000, 0, 0x100], [NAME]: peq };
    const ahub = { ...above, compatible: 'nvidia,tegra234-ahub', reg: [0, 0x8000000, 0, 0x800] };
    const facts = onBus({ 'ahub@8000000': { ...ahub, 'ope@9000000': ope } as NodeSpec });
    expect(verdict(facts).kind).toBe('refused');
    expect(verdict(facts).reasons.join()).toMatch(/does not work without \/bus@0\/ahub@8000000 \(parent\)/);
  });
});

describe('consoles', () => {
  test.each([
    'kgdboc=ttyTHS1,115200',
    'kgdboc=kbd,ttyTHS1',
    'console="ttyTHS1,115200n8"',
    'console=uart8250,mmio32,0x3100000n8',
    'earlycon=uart8250,mmio32,51380224',
  ])('%s', (bootargs) => {
    expect(verdict(withDevice({}, { chosen: { bootargs } }), 'uarta').reasons[0]).toMatch(
      /a console of the host/,
    );
  });
});
