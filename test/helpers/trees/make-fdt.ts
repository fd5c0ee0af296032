// SPDX-License-Identifier: Apache-2.0

/** A node as a test writes it: children are objects, `true` is an empty property, numbers are cells. */
export type NodeSpec = {
  readonly [name: string]: true | string | readonly string[] | readonly number[] | Uint8Array | NodeSpec;
};

/** Whether an entry is a child. */
export function isNode(value: NodeSpec[string]): value is NodeSpec {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The bytes of an entry that is a property. */
export function bytesOf(value: Exclude<NodeSpec[string], NodeSpec>): Buffer {
  if (value === true) return Buffer.alloc(0);
  if (value instanceof Uint8Array) return Buffer.from(value);
  const list: readonly (string | number)[] = typeof value === 'string' ? [value] : value;
  return Buffer.concat(
    list.map((each) => {
      if (typeof each === 'string') return Buffer.from(`${each}\0`, 'latin1');
      const cell = Buffer.alloc(4);
      cell.writeUInt32BE(each);
      return cell;
    }),
  );
}

const pad = (data: Buffer) => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
const u32 = (...values: number[]) => {
  const data = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) data.writeUInt32BE(value, 4 * at);
  return data;
};

/** A flattened device tree, made without dtc: what the reader is tested with must not come from the reader's side. */
export function makeFdt(root: NodeSpec): Buffer {
  const strings: string[] = [];
  const offsets = new Map<string, number>();
  let end = 0;
  const offsetOf = (name: string) => {
    const known = offsets.get(name);
    if (known !== undefined) return known;
    offsets.set(name, end);
    strings.push(name);
    end += name.length + 1;
    return end - name.length - 1;
  };
  const node = (name: string, spec: NodeSpec): Buffer[] => {
    const entries = Object.entries(spec);
    return [
      u32(1),
      pad(Buffer.from(`${name}\0`, 'latin1')),
      ...entries.flatMap(([key, value]) => {
        if (isNode(value)) return [];
        const data = bytesOf(value);
        return [u32(3, data.length, offsetOf(key)), pad(data)];
      }),
      ...entries.flatMap(([key, value]) => (isNode(value) ? node(key, value) : [])),
      u32(2),
    ];
  };
  const structure = Buffer.concat([...node('', root), u32(9)]);
  const names = Buffer.from(strings.map((each) => `${each}\0`).join(''), 'latin1');
  const [reserve, start] = [40, 56];
  const total = start + structure.length + names.length;
  const header = u32(
    0xd00dfeed,
    total,
    start,
    start + structure.length,
    reserve,
    17,
    16,
    0,
    names.length,
    structure.length,
  );
  return Buffer.concat([header, Buffer.alloc(16), structure, names]);
}
