// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FDT_LIMITS, readFdt } from '../../../src/dt/read-fdt.ts';
import type { DtNode } from '../../../src/dt/tree.ts';
import { UsageError } from '../../../src/errors.ts';
import { bytesOf, isNode, makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { NVIDIA_TREE } from '../../helpers/trees/nvidia-tree.ts';

const read = (blob: Uint8Array) => readFdt(blob, 'test.dtb');

/** The tree as plain data: properties as bytes in hexadecimal. */
function plain(node: DtNode): unknown {
  return {
    name: node.name,
    properties: [...node.properties].map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]),
    children: node.children.map(plain),
  };
}

const name = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,20}$/);
const value = fc.oneof(
  fc.constant(true as const),
  fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 6 }),
  fc.array(fc.stringMatching(/^[ -~]{0,12}$/), { minLength: 1, maxLength: 3 }),
  fc.uint8Array({ maxLength: 9 }),
);
const properties = fc.dictionary(
  name.map((each) => `p-${each}`),
  value,
  { maxKeys: 5 },
);
const tree = (levels: number): fc.Arbitrary<NodeSpec> => {
  if (levels === 0) return properties;
  const children = fc.dictionary(
    name.map((each) => `n-${each}`),
    tree(levels - 1),
    { maxKeys: 3 },
  );
  return fc.tuple(properties, children).map(([own, below]) => ({ ...own, ...below }));
};

/** What a written tree must read as. */
function expected(spec: NodeSpec, own = ''): unknown {
  const entries = Object.entries(spec);
  return {
    name: own,
    properties: entries.flatMap(([key, each]) =>
      isNode(each) ? [] : [[key, bytesOf(each).toString('hex')]],
    ),
    children: entries.flatMap(([key, each]) => (isNode(each) ? [expected(each, key)] : [])),
  };
}

describe('reading a blob', () => {
  test('any tree is read as it was written', () => {
    fc.assert(
      fc.property(tree(4), (spec) => {
        expect(plain(read(makeFdt(spec)).root)).toEqual(expected(spec));
      }),
      { numRuns: 200 },
    );
  });

  test('a path means one node, and the root is /', () => {
    const { nodes, root } = read(makeFdt({ 'a@1': { 'b@2': {} }, 'b@2': {} }));
    expect([...nodes.keys()]).toEqual(['/', '/a@1', '/a@1/b@2', '/b@2']);
    expect(nodes.get('/')).toBe(root);
  });

  test('a blob inside of a larger buffer is read from its own start', () => {
    const blob = makeFdt({ x: [7] });
    const shifted = new Uint8Array(blob.length + 8);
    shifted.set(blob, 8);
    expect(plain(read(shifted.subarray(8)).root)).toEqual(plain(read(blob).root));
  });
});

describe('a blob that is not sound is refused', () => {
  const good = makeFdt({ a: { b: [1] } });
  const patched = (offset: number, cell: number) => {
    const copy = Buffer.from(good);
    copy.writeUInt32BE(cell >>> 0, offset);
    return copy;
  };
  test.each([
    ['empty', Buffer.alloc(0)],
    ['a header alone', good.subarray(0, 40)],
    ['wrong magic', patched(0, 0xd00dfeee)],
    ['total size beyond the file', patched(4, good.length + 1)],
    ['total size too small', patched(4, 16)],
    ['structure outside', patched(8, 0x7fff_fffc)],
    ['structure not aligned', patched(8, 57)],
    ['strings outside', patched(12, 0xffff_ffff)],
    ['reservations outside', patched(16, 0xffff_fff8)],
    ['version of the future', patched(24, 18)],
    ['version of the past', patched(20, 3)],
    ['strings too long', patched(32, 0xffff_ffff)],
    ['structure too long', patched(36, 0xffff_ffff)],
    [
      'two nodes of a name',
      Buffer.from(makeFdt({ ab: {}, ac: {} })).map((byte) => (byte === 0x63 ? 0x62 : byte)),
    ],
    ['a name with a slash', makeFdt({ 'a/b': {} })],
    ['a node without a name', makeFdt({ '': {} })],
    ['a name of 300 bytes', makeFdt({ ['a'.repeat(300)]: {} })],
  ])('%s', (_, blob) => {
    expect(() => read(blob)).toThrow(UsageError);
  });

  test('truncated anywhere', () => {
    const blob = makeFdt(NVIDIA_TREE);
    for (let length = 0; length < blob.length; length += 13)
      expect(() => read(blob.subarray(0, length))).toThrow(UsageError);
  });

  test('deeper than the kernel goes', () => {
    const deep = (levels: number): NodeSpec => (levels === 0 ? {} : { a: deep(levels - 1) });
    expect(read(makeFdt(deep(FDT_LIMITS.depth - 1))).nodes.size).toBe(FDT_LIMITS.depth);
    expect(() => read(makeFdt(deep(FDT_LIMITS.depth)))).toThrow(/deeper/);
  });

  test('more nodes than any board has', { timeout: 60_000 }, () => {
    const many = Object.fromEntries(Array.from({ length: FDT_LIMITS.nodes }, (_, at) => [`n${at}`, {}]));
    expect(() => read(makeFdt(many))).toThrow(/more than/);
  });

  test('paths that add up to more than memory', () => {
    const long = (levels: number): NodeSpec => (levels === 0 ? {} : { ['x'.repeat(250)]: long(levels - 1) });
    expect(() => read(makeFdt(long(10)))).toThrow(/path is too long/);
  });

  test('a file of 17 MiB', () => {
    expect(() => read(new Uint8Array(17 << 20))).toThrow(/larger than 16 MiB/);
  });
});
