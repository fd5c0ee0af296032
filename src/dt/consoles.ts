// SPDX-License-Identifier: Apache-2.0
import { registersOf } from './registers.ts';
import { type DeviceTree, type DtNode, isEnabled, stringOf, stringsOf } from './tree.ts';

/** Which drivers give their terminals these names, by what their devices are compatible with. */
const DRIVERS: ReadonlyMap<string, RegExp> = new Map([
  ['ttyTHS', /-hsuart$/],
  ['ttyS', /^nvidia,tegra\d+-uart$|ns16550|8250|dw-apb-uart/],
  ['ttyAMA', /^arm,(pl011|sbsa-uart)$/],
  ['ttyTCU', /-tcu$/],
]);
/** More consoles than a command line of any board has. */
const MOST = 32;

/** The node of an alias or a path, as `stdout-path` gives it: `serial0:115200n8`, `/bus@0/serial@31d0000`. */
function nodeOfOption(tree: DeviceTree, option: string): DtNode | undefined {
  const word = option.replace(/:.*$/, '');
  const aliases = tree.nodes.get('/aliases');
  const path = word.startsWith('/') ? word : aliases === undefined ? undefined : stringOf(aliases, word);
  return path === undefined ? undefined : tree.nodes.get(path);
}

function isOf(node: DtNode, driver: RegExp): boolean {
  return stringsOf(node, 'compatible').some((name) => driver.test(name));
}

/** `ttyTHS1`: the driver's device of alias serial1; where no alias says, every one of its devices without an alias. */
function nodesOfTty(tree: DeviceTree, tty: string): readonly DtNode[] {
  const [, name = '', number = ''] = /^(tty[A-Z]+)(\d+)$/.exec(tty) ?? [];
  const driver = DRIVERS.get(name);
  if (driver === undefined) return [];
  const aliased = nodeOfOption(tree, `serial${number}`);
  if (aliased !== undefined && isOf(aliased, driver)) return [aliased];
  const aliases = tree.nodes.get('/aliases');
  const named = new Set(
    [...(aliases?.properties.keys() ?? [])].map((alias) => aliases && stringOf(aliases, alias)),
  );
  return [...tree.nodes.values()].filter(
    (node) => isOf(node, driver) && isEnabled(node) && !named.has(node.path),
  );
}

/** `earlycon=uart8250,mmio32,0x3100000`, `console=uart,mmio,…`: whose registers hold the address. */
function nodesAt(tree: DeviceTree, address: bigint): readonly DtNode[] {
  return [...tree.nodes.values()].filter((node) =>
    registersOf(node).some((region) => region.address <= address && address < region.address + region.size),
  );
}

function nodesOfWord(tree: DeviceTree, value: string): readonly DtNode[] {
  const [first = '', ...rest] = value.split(',');
  // As the kernel reads a number: what stands behind it (`n8`) does not count, and it may be decimal.
  const address = rest.map((each) => /^(0x[0-9a-f]{1,16}|[1-9]\d{6,18})/i.exec(each)?.[1]);
  const found = address.find((each) => each !== undefined);
  const tty = [first, ...rest].find((each) => each.startsWith('tty'));
  return found === undefined ? nodesOfTty(tree, tty ?? '') : nodesAt(tree, BigInt(found));
}

/** A string of /chosen. */
function chosen(tree: DeviceTree, property: string): string | undefined {
  const node = tree.nodes.get('/chosen');
  return node === undefined ? undefined : stringOf(node, property);
}

/** All command lines as one: that in /chosen, and those of the running kernel. */
export function commandLineOf(tree: DeviceTree, lines: readonly string[]): string {
  return [chosen(tree, 'bootargs') ?? '', ...lines].join(' ');
}

/**
 * The word of a command line by which the host's root is at the other end of a network: NFS, CIFS, or what dracut
 * fetches it from. Undefined where it is not.
 */
export function networkRootOf(line: string): string | undefined {
  return /(?<!\S)(?:root=(?:\/dev\/(?:nfs|cifs|nbd\d*)|nfs4?|nbd|iscsi|live:https?|cifs)(?=[:,\s]|$)\S*|(?:nfsroot|cifsroot|netroot|nbdroot|iscsi_initiator)=\S+)/.exec(
    line,
  )?.[0];
}

/** The host's TCU speaks through another processor (SPE), which has this UART (UARTC) for it. */
const TCU_UART = 0xc28_0000n;

function throughTcu(tree: DeviceTree): readonly DtNode[] {
  const nodes = [...tree.nodes.values()];
  const tcu = nodes.some((node) => isEnabled(node) && isOf(node, /-tcu$/));
  return tcu ? nodes.filter((node) => registersOf(node)[0]?.address === TCU_UART) : [];
}

/**
 * The devices that a console of the host is on, and which: by stdout-path, and by every `console=`, `earlycon=` and
 * `kgdboc=` of the command lines.
 *
 * @param lines the running kernel's command line, besides that in /chosen
 */
export function consolesOf(tree: DeviceTree, lines: readonly string[]): ReadonlyMap<DtNode, string> {
  const found = new Map<DtNode, string>();
  const note = (nodes: readonly DtNode[], why: string) => {
    for (const each of nodes) if (!found.has(each)) found.set(each, why);
  };
  const stdout = chosen(tree, 'stdout-path') ?? chosen(tree, 'linux,stdout-path');
  const node = stdout === undefined ? undefined : nodeOfOption(tree, stdout);
  if (node !== undefined) note([node], "it is the host's console (/chosen/stdout-path)");
  // The kernel takes quotes off.
  const line = commandLineOf(tree, lines).replaceAll('"', '');
  const words = new Set(line.match(/(?<!\S)(?:console|earlycon|kgdboc)=\S+/g) ?? []);
  for (const word of [...words].slice(0, MOST))
    note(nodesOfWord(tree, word.replace(/^\w+=/, '')), `it is a console of the host (${word.slice(0, 80)})`);
  note(throughTcu(tree), "the host's combined console (TCU) goes out through it");
  return found;
}
