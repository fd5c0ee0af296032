// SPDX-License-Identifier: Apache-2.0
import { referenceForm } from './reference-properties.ts';
import { type Phandles, readSpecifiers } from './specifiers.ts';
import type { DeviceTree, DtNode } from './tree.ts';

/** A cell as device tree sources show it: `0x9b`. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** Strings as the value of a property: `"a", "b"`. */
export function stringsText(strings: readonly string[]): string {
  return strings.map((each) => `"${each.replaceAll(/["\\]/g, '\\$&')}"`).join(', ');
}

/** Cells as the value of a property: `<0x1 0x2>`. */
export function cellsText(cells: readonly (number | bigint | string)[]): string {
  return `<${cells.map((cell) => (typeof cell === 'string' ? cell : hex(cell))).join(' ')}>`;
}

/** Whether bytes are strings: printable, none empty, each with its zero byte. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes.at(-1) !== 0 || bytes[0] === 0) return false;
  return bytes.every((byte, at) => (byte >= 0x20 && byte < 0x7f) || (byte === 0 && bytes[at - 1] !== 0));
}

/** Bytes as the value of a property that dtc turns into the same bytes; undefined for an empty one. */
export function bytesText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  if (isText(bytes)) return stringsText(new TextDecoder('latin1').decode(bytes.subarray(0, -1)).split('\0'));
  if (bytes.length % 4 !== 0)
    return `[${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}]`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return cellsText(Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(4 * at)));
}

/** One property as a line of a device tree source. */
export function propertyLine(name: string, value: string | undefined): string {
  return value === undefined ? `${name};` : `${name} = ${value};`;
}

/** How `printDts` shows a tree. */
export type PrintOptions = {
  /** What is left out: a property, or a node (`property` is undefined). */
  readonly omit?: (node: DtNode, property: string | undefined) => boolean;
  /**
   * Show phandles in properties that are known to hold them as `&{/path}`, so that dtc sees references where it
   * looks for them.
   */
  readonly references?: Phandles;
};

/** A property that refers to nodes, with paths; undefined where it is none, or not sound. */
function referencesText(node: DtNode, property: string, phandles: Phandles | undefined): string | undefined {
  const form = referenceForm(property);
  // Of a map or a mixture, only the bytes say where each part stands.
  if (phandles === undefined || (typeof form !== 'number' && form?.startsWith('#') !== true))
    return undefined;
  const { entries, problem } = readSpecifiers(node, property, form, phandles);
  if (problem !== undefined || entries.length === 0) return undefined;
  const words = entries.map((entry) =>
    entry === undefined ? [0] : [`&{${entry.provider.path}}`, ...entry.args],
  );
  return words.map((each) => cellsText(each)).join(', ');
}

function nodeLines(node: DtNode, options: PrintOptions, indent: string): string[] {
  const inner = `${indent}\t`;
  const { omit = () => false, references } = options;
  const properties = [...node.properties].filter(([name]) => !omit(node, name));
  const children = node.children.filter((child) => !omit(child, undefined));
  return [
    `${indent}${node.name === '' ? '/' : node.name} {`,
    ...properties.map(
      ([name, bytes]) =>
        inner + propertyLine(name, referencesText(node, name, references) ?? bytesText(bytes)),
    ),
    ...children.flatMap((child) => nodeLines(child, options, inner)),
    `${indent}};`,
  ];
}

/** A tree as a source that dtc compiles into the same tree. */
export function printDts(tree: DeviceTree, options: PrintOptions = {}): string {
  const reserved = tree.reservations.map(({ address, size }) => `/memreserve/ ${hex(address)} ${hex(size)};`);
  return `${['/dts-v1/;', ...reserved, ...nodeLines(tree.root, options, '')].join('\n')}\n`;
}
