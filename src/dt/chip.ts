// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { type DeviceTree, type DtNode, stringsOf } from './tree.ts';

const BPMP = /^nvidia,tegra(\w+)-bpmp$/;
/** What every BPMP since Tegra186 says besides its own name. */
const FAMILY = '186';

/** The node of the BPMP: compatible with that of any Tegra since 186. */
function bpmpOf(tree: DeviceTree): DtNode {
  for (const node of tree.nodes.values())
    if (stringsOf(node, 'compatible').some((name) => BPMP.test(name))) return node;
  throw new UsageError(
    'the device tree has no BPMP (nothing is compatible with nvidia,tegra186-bpmp)',
    'Give the device tree of a Jetson Orin: --dtb FILE, or /sys/firmware/fdt on the board.',
  );
}

/** The chips that root and BPMP say they are of: `234`, `264`; the family's name is none. */
function chipsOf(tree: DeviceTree, bpmp: DtNode): ReadonlySet<string> {
  const root = stringsOf(tree.root, 'compatible').map((name) => /^nvidia,tegra(\w+)$/.exec(name)?.[1]);
  const own = stringsOf(bpmp, 'compatible').map((name) => BPMP.exec(name)?.[1]);
  return new Set([...root, ...own].filter((chip) => chip !== undefined).filter((chip) => chip !== FAMILY));
}

/**
 * The BPMP of a Tegra234's tree. All names and numbers here are that chip's: of another, each would be invented.
 *
 * @throws {UsageError} the tree has none, is another chip's, or is of Jetson Linux 35
 */
export function findBpmp(tree: DeviceTree): DtNode {
  const bpmp = bpmpOf(tree);
  const chips = chipsOf(tree, bpmp);
  // Jetson Linux 35 and its kernel 5.10 have nodes and properties of their own; both names stand in its root.
  if (chips.has('23x'))
    throw new UsageError(
      'the device tree is of Jetson Linux 35 (nvidia,tegra23x), whose nodes are other ones',
      'Take a tree of Jetson Linux 36, or of a mainline kernel: older ones are not supported.',
    );
  const otherChips = [...chips].filter((chip) => chip !== '234');
  if (chips.has('234') && otherChips.length === 0) return bpmp;
  const found =
    otherChips.length === 0
      ? 'a chip that it does not name'
      : otherChips.map((chip) => `Tegra${chip}`).join(', ');
  throw new UsageError(
    `the device tree is of ${found}: only Tegra234 (Jetson Orin) is supported`,
    'Give the device tree of a Jetson Orin: its root or its BPMP is compatible with nvidia,tegra234.',
  );
}
