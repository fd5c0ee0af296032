// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDeviceNotes } from '../../../src/dt/device-notes.ts';
import { findDevice } from '../../../src/dt/devices.ts';
import { registersOf } from '../../../src/dt/registers.ts';
import type { DtNode } from '../../../src/dt/tree.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { reportDevice } from '../../../src/policy/device-report.ts';
import { lintPolicies } from '../../../src/policy/lint.ts';
import { guestNode } from '../../../src/trees/guest-node.ts';
import { placeDevices } from '../../../src/trees/guest-tree.ts';
import { hostOverlay } from '../../../src/trees/host-overlay.ts';
import { VIRT_PLATFORM_BUS } from '../../../src/trees/platform-bus.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NVIDIA_TREE, nvidiaFacts, ROOT } from '../../helpers/trees/nvidia-tree.ts';

const MTTCAN: NodeSpec = {
  compatible: 'nvidia,tegra194-mttcan',
  reg: [0, 0xc310000, 0, 0x144, 0, 0xc311000, 0, 0x32, 0, 0xc312000, 0, 0x1000],
  interrupts: [0, 40, 4],
  clocks: [2, 284, 2, 10, 2, 9, 2, 94],
  resets: [2, 4],
  status: 'okay',
};

function device(reg: number[], more: NodeSpec = {}): NodeSpec {
  return { compatible: 'nvidia,tegra194-i2c', reg, interrupts: [0, 7, 4], clocks: [2, 300], ...more };
}

const lintOf = (facts: ReturnType<typeof nvidiaFacts>, ...devices: string[]) =>
  lintPolicies(derivePolicies([{ name: 'a', devices }], facts), facts);

describe('registers that overlap', () => {
  const one = device([0, 0x5100000, 0, 0x2000]);
  const inside = device([0, 0x5101000, 0, 0x1000], { clocks: [2, 301], interrupts: [0, 8, 4] });
  const facts = nvidiaFacts({ 'one@5100000': one, 'two@5101000': inside });
  test('a device whose registers hold another’s is refused, and names it', () => {
    const { verdict } = reportDevice(findDevice(facts.index, 'one@5100000', facts.notes), facts);
    expect(verdict.kind).toBe('refused');
    expect(verdict.reasons).toContain(
      'its registers overlap with those of /bus@0/two@5101000, which a guest would reach too',
    );
    expect(lintOf(facts, 'one@5100000')).toContainEqual(
      expect.objectContaining({ rule: 'host-device', severity: 'error' }),
    );
  });
  test('a device inside of another’s registers may go, and says who has them too', () => {
    const report = reportDevice(findDevice(facts.index, 'two@5101000', facts.notes), facts);
    expect(report.verdict.kind).toBe('needs-iommus');
    expect(report.limits).toContain('/bus@0/one@5100000 of the host has its registers among its own');
  });
  test('both for one VM are two devices like others', () => {
    const rules = lintOf(facts, 'one@5100000', 'two@5101000').map(({ rule }) => rule);
    expect(rules).not.toContain('host-device');
  });
  test.each([
    ['the same region', [0, 0x5100000, 0, 0x2000]],
    ['a part on the left', [0, 0x50ff000, 0, 0x2000]],
    ['a part on the right', [0, 0x5101000, 0, 0x2000]],
  ])('%s: both are refused', (_, reg) => {
    const both = nvidiaFacts({ 'one@5100000': one, 'two@1': device(reg) });
    for (const name of ['one@5100000', '/bus@0/two@1'])
      expect(reportDevice(findDevice(both.index, name, both.notes), both).verdict.reasons.join()).toMatch(
        /registers overlap with those of/,
      );
  });
  test('a neighbour, and a node that is off, do not matter', () => {
    const both = nvidiaFacts({
      'one@5100000': one,
      'two@5102000': device([0, 0x5102000, 0, 0x1000]),
      'off@5100000': device([0, 0x5100000, 0, 0x1000], { status: 'disabled' }),
    });
    const { verdict } = reportDevice(findDevice(both.index, 'one@5100000', both.notes), both);
    expect(verdict.reasons.join()).not.toMatch(/overlap/);
  });
  test('behind more regions than are looked at, nothing passes', () => {
    const small = Array.from({ length: 1100 }, (_, at) => {
      const address = 0x5000_0000 + at * 0x1000;
      return [`s@${address.toString(16)}`, device([0, address, 0, 0x1000])] as const;
    });
    const many = nvidiaFacts({
      'all@50000000': device([0, 0x5000_0000, 0, 0x1000_0000]),
      ...Object.fromEntries(small),
      'last@5044d000': device([0, 0x5044_d000, 0, 0x1000]),
    });
    const { verdict } = reportDevice(findDevice(many.index, 'last@5044d000', many.notes), many);
    expect(verdict.kind).toBe('refused');
  });
});

describe('registers that the tree has too small', () => {
  const facts = nvidiaFacts({ 'mttcan@c310000': MTTCAN });
  const [policy] = derivePolicies([{ name: 'can', devices: ['mttcan0'] }], facts);
  if (policy === undefined) throw new Error('one policy');
  const template = (name: string) => readFileSync(join(ROOT, 'dts-templates', name), 'utf8');
  const templates = { overlay: template('host-overlay.dts.in'), policyNode: template('policy-node.dts.in') };

  test('host overlay and guest have the glue’s 0x34 bytes, and only those are changed', () => {
    expect(hostOverlay([policy], facts.index, facts.ids, templates, 'x.dtb')).toContain(
      'reg = <0x0 0xc310000 0x0 0x144 0x0 0xc311000 0x0 0x34 0x0 0xc312000 0x0 0x1000>;',
    );
    const [place] = placeDevices(policy.devices, VIRT_PLATFORM_BUS);
    const [can] = policy.devices;
    if (place === undefined || can === undefined) throw new Error('one device');
    expect(guestNode({ device: can, place }, policy, facts).lines.join('\n')).toMatch(
      /reg = <\S+ 0x144>, <\S+ 0x34>, <\S+ 0x1000>;/,
    );
  });
  test('the report has the tree’s sizes, says what is widened, and which accesses trap', () => {
    const report = reportDevice(findDevice(facts.index, 'mttcan0', facts.notes), facts);
    expect(report.registers[1]).toEqual({ address: '0xc311000', size: '0x32' });
    expect(report.limits).toContain(
      'the tree gives 0x32 bytes of registers at 0xc311000, host overlay and guest 0x34',
    );
    expect(report.limits.join('\n')).toMatch(/traps into QEMU: 0xc310000\+0x144, 0xc311000\+0x34/);
    expect(lintOf(facts, 'mttcan0')).toContainEqual(
      expect.objectContaining({ rule: 'partial-pages', severity: 'warning' }),
    );
  });
  test('a tree that has them right is left alone', () => {
    const reg = [0, 0xc310000, 0, 0x1000, 0, 0xc311000, 0, 0x1000, 0, 0xc312000, 0, 0x1000];
    const right = nvidiaFacts({ 'mttcan@c310000': { ...MTTCAN, reg } });
    const own = derivePolicies([{ name: 'can', devices: ['mttcan0'] }], right);
    expect(hostOverlay(own, right.index, right.ids, templates, 'x.dtb')).not.toContain('reg =');
    expect(lintOf(right, 'mttcan0').map(({ rule }) => rule)).not.toContain('partial-pages');
  });
  test('what a widened region then holds of another’s is refused', () => {
    const near = nvidiaFacts({
      'mttcan@c310000': MTTCAN,
      'near@c311032': device([0, 0xc311032, 0, 0x10]),
    });
    expect(lintOf(near, 'mttcan0')).toContainEqual(
      expect.objectContaining({
        rule: 'host-device',
        message: expect.stringContaining('/bus@0/near@c311032'),
      }),
    );
  });
  test('notes that make a region smaller are refused', () => {
    const text = readFileSync(join(ROOT, 'recipes/devices/mttcan0.yaml'), 'utf8');
    expect(() => parseDeviceNotes(text.replace('0x34', '0x30'), 'x.yaml')).toThrow(/must be more than/);
  });
});

describe('ids that go with what the guest gets', () => {
  const parent = device([0, 0x5100000, 0, 0x1000], {
    '#address-cells': [2],
    '#size-cells': [2],
    ranges: true,
    part: { clocks: [2, 302] },
    'dropped-part': { clocks: [2, 303], resets: [2, 90] },
    'child@5200000': device([0, 0x5200000, 0, 0x1000], { clocks: [2, 304] }),
    resets: [2, 91],
  });
  const facts = nvidiaFacts({ 'parent@5100000': parent });
  const notes = parseDeviceNotes(
    JSON.stringify({
      version: 1,
      name: 'parent',
      description: 'x',
      node: 'parent@5100000',
      masters: 'none',
      guest: { drop: ['dropped-part', 'resets'] },
    }),
    'x.yaml',
  );
  const idsOf = (noted: boolean) => {
    const from = { ...facts, notes: noted ? [notes] : [] };
    const [policy] = derivePolicies([{ name: 'a', devices: ['parent@5100000'] }], from);
    return policy?.ids.map(({ kind, id }) => `${kind} ${id}`);
  };
  test('a child that is a device of its own keeps its ids', () => {
    expect(idsOf(false)).toEqual(['clock 300', 'clock 302', 'clock 303', 'reset 90', 'reset 91']);
  });
  test('what the notes drop takes its ids with it', () => {
    expect(idsOf(true)).toEqual(['clock 300', 'clock 302']);
  });
});

test('on a bus with more windows than any has, nothing can be addressed', () => {
  const windows = (count: number) =>
    Array.from({ length: count }, (_, at) => [0, 0x20000000 + at * 0x1000, 0, 0x30000000, 0, 0x1000]).flat();
  const registersOn = (count: number) => {
    const bus = { '#address-cells': [2], '#size-cells': [2], ranges: windows(count) };
    const part = { compatible: 'x', reg: [0, 0x20000000, 0, 0x100], interrupts: [0, 5, 4] };
    const from = factsOf(makeFdt({ ...NVIDIA_TREE, 'bus@1': { ...bus, 'x@1': part } as NodeSpec }));
    return registersOf(from.index.tree.nodes.get('/bus@1/x@1') as DtNode);
  };
  expect(registersOn(256)).toEqual([{ address: 0x30000000n, size: 0x100n }]);
  expect(registersOn(257)).toEqual([]);
});
