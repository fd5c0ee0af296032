// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { findDevice, listDevices, sysfsName } from '../../../src/dt/devices.ts';
import { interruptsOf } from '../../../src/dt/interrupts.ts';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import { registersOf } from '../../../src/dt/registers.ts';
import { readSpecifiers } from '../../../src/dt/specifiers.ts';
import { phandlesOf } from '../../../src/dt/tree.ts';
import { UsageError } from '../../../src/errors.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NOTES, nvidiaFacts } from '../../helpers/trees/nvidia-tree.ts';

function nodeAt(spec: NodeSpec, path: string) {
  const tree = readFdt(makeFdt(spec), 'test.dtb');
  const node = tree.nodes.get(path);
  if (node === undefined) throw new Error(path);
  return { node, phandles: phandlesOf(tree) };
}

describe('specifiers', () => {
  const providers: NodeSpec = { a: { '#x-cells': [0], phandle: [1] }, b: { '#x-cells': [2], phandle: [2] } };
  const walk = (cells: readonly number[]) => {
    const { node, phandles } = nodeAt({ ...providers, n: { xs: cells } }, '/n');
    const { entries, problem } = readSpecifiers(node, 'xs', '#x-cells', phandles);
    return { entries: entries.map((entry) => entry && [entry.provider.name, ...entry.args]), problem };
  };
  test('as many arguments as each provider wants; phandle 0 leaves an entry out', () => {
    expect(walk([1, 2, 7, 8, 0, 1])).toEqual({
      entries: [['a'], ['b', 7, 8], undefined, ['a']],
      problem: undefined,
    });
  });
  test.each([
    [[1, 9], /\/n: xs names phandle 0x9, which no node has/],
    [[2, 7], /ends inside an entry for \/b/],
    [Array.from({ length: 5000 }, () => 1), /more than 4096 entries/],
  ] as const)('%j', (cells, problem) => {
    expect(walk(cells).problem).toMatch(problem);
  });
  test('a provider that does not say how many, or says too many', () => {
    const { node, phandles } = nodeAt({ a: { phandle: [1], '#x-cells': [17] }, n: { xs: [1] } }, '/n');
    expect(readSpecifiers(node, 'xs', '#x-cells', phandles).problem).toMatch(/no sound #x-cells/);
    expect(readSpecifiers(node, 'xs', '#y-cells', phandles).problem).toMatch(/no sound #y-cells/);
  });
});

describe('registers', () => {
  const on = (bus: NodeSpec, reg: readonly number[]) =>
    registersOf(
      nodeAt({ '#address-cells': [2], '#size-cells': [2], bus: { ...bus, dev: { reg } } }, '/bus/dev').node,
    );
  const cells = (address: number, size: number) => ({ '#address-cells': [address], '#size-cells': [size] });

  test('ranges that map nothing anew', () => {
    expect(on({ ...cells(2, 2), ranges: true }, [1, 0x1000, 0, 0x10])).toEqual([
      { address: 0x1_0000_1000n, size: 16n },
    ]);
  });
  test('a bus of one cell', () => {
    const ranges = [0x5000, 0, 0x1005000, 0x1000];
    expect(on({ ...cells(1, 1), ranges }, [0x5100, 0x10, 0x5200, 0x20])).toEqual([
      { address: 0x1005100n, size: 16n },
      { address: 0x1005200n, size: 32n },
    ]);
    expect(on({ ...cells(1, 1), ranges }, [0x5ff8, 0x10])).toEqual([]);
  });
  test('no ranges: the address of a chip on a bus is not memory', () => {
    expect(on(cells(1, 1), [0x50, 1])).toEqual([]);
    expect(on({ ...cells(1, 0), ranges: true }, [0x50])).toEqual([]);
  });
  test('a reg that is not a list of whole entries', () => {
    expect(on({ ...cells(2, 2), ranges: true }, [0, 1, 0])).toEqual([]);
  });
});

describe('interrupts', () => {
  test('interrupts-extended wins, and each entry is as wide as its controller says', () => {
    const { index } = nvidiaFacts();
    const usb = findDevice(index, 'usb@3550000', NOTES);
    expect(usb.interrupts.map(({ spi, trigger, controller }) => [controller.name, spi, trigger])).toEqual([
      ['interrupt-controller@f400000', 166, 4],
      ['pmc@c360000', undefined, 4],
    ]);
  });
  test('the controller is found above the node', () => {
    const { node, phandles } = nodeAt(
      {
        gic: { compatible: 'arm,gic-v3', '#interrupt-cells': [3], phandle: [1] },
        'interrupt-parent': [1],
        a: { b: { interrupts: [0, 5, 1] } },
      },
      '/a/b',
    );
    expect(interruptsOf(node, phandles).entries[0]).toMatchObject({ spi: 5, trigger: 1 });
  });
  test('nobody takes them', () => {
    const { node, phandles } = nodeAt({ a: { interrupts: [0, 5, 1] } }, '/a');
    expect(interruptsOf(node, phandles).problem).toMatch(/nobody takes/);
  });
});

describe('devices', () => {
  const { index } = nvidiaFacts();
  test.each(['uarta', 'serial@3100000', '/bus@0/serial@3100000', '3100000.serial'])('%s is UARTA', (name) => {
    expect(findDevice(index, name, NOTES).node.path).toBe('/bus@0/serial@3100000');
  });
  test('notes name what the tree has no label for', () => {
    expect(sysfsName(findDevice(index, 'spi1', NOTES))).toBe('3210000.spi');
  });
  test.each(['uartz', 'bpmp', '/bus@0', '__symbols__', '/', ''])('%j is none', (name) => {
    expect(() => findDevice(index, name, NOTES)).toThrow(UsageError);
  });
  test('a name that means two nodes is refused with both', () => {
    const two: NodeSpec = { clocks: [2, 1], compatible: 'x', reg: [0, 0x9000, 0, 0x10] };
    const facts = nvidiaFacts({
      'sub@1': { '#address-cells': [2], '#size-cells': [2], ranges: true, 'serial@3100000': two },
    });
    expect(() => findDevice(facts.index, 'serial@3100000', NOTES)).toThrow(/means 2 nodes/);
  });
  test('every device that needs the BPMP is listed, and nothing else', () => {
    expect(listDevices(index, NOTES).map((device) => device.node.name)).toEqual([
      'serial@3100000',
      'dma-controller@2600000',
      'spi@3210000',
      'i2c@3160000',
      'mmc@3460000',
      'mmc@3400000',
      'ethernet@6900000',
      'gpu@17000000',
      'usb@3550000',
      'usb@3610000',
      'lost@5000000',
      'hub@13000000',
      'vic@15340000',
    ]);
  });
  test('what a node names that is not there is said of it', () => {
    expect(findDevice(index, 'lost@5000000', NOTES).problems).toEqual([
      '/bus@0/lost@5000000: interrupts-extended names phandle 0xbeef, which no node has',
      '/bus@0/lost@5000000: clocks names phandle 0xdead, which no node has',
    ]);
  });
  test('a tree without a BPMP is refused', () => {
    expect(() => factsOf(makeFdt({ a: { compatible: 'x' } }))).toThrow(/no BPMP/);
  });
});
