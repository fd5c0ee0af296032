// SPDX-License-Identifier: Apache-2.0
import { type Phandles, readSpecifiers } from './specifiers.ts';
import { cellOf, cellsOf, type DtNode, stringsOf } from './tree.ts';

/** One interrupt of a device. */
export type Interrupt = {
  readonly controller: DtNode;
  /** Its arguments as the controller's `#interrupt-cells` has them. */
  readonly args: readonly number[];
  /** Shared peripheral interrupt of the GIC; absent where the controller is another one. */
  readonly spi?: number;
  /** IRQ_TYPE_*: 1 rising, 2 falling, 4 high, 8 low. */
  readonly trigger: number;
};

export type Interrupts = { readonly entries: readonly Interrupt[]; readonly problem?: string };

/** Type cell of a GIC's interrupt specifier: dt-bindings/interrupt-controller/arm-gic.h. */
const GIC_SPI = 0;
const LEVEL_HIGH = 4;

/** The GIC by its bindings' names; the audio processor's AGIC has its own numbers and hangs on one of the GIC's. */
export function isGic(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) => /^arm,(\w+-)*gic(-|$)/.test(name));
}

function describe(controller: DtNode, args: readonly number[]): Interrupt {
  const trigger = (args.length >= 2 ? args.at(args.length >= 3 ? 2 : 1) : undefined) ?? LEVEL_HIGH;
  const [type, spi] = args;
  const known = isGic(controller) && type === GIC_SPI && spi !== undefined ? { spi } : {};
  return { controller, args, trigger: trigger & 0xf || LEVEL_HIGH, ...known };
}

/** The node that a device's `interrupts` go to: its own `interrupt-parent`, or the nearest one above it. */
export function interruptParentOf(node: DtNode, phandles: Phandles): DtNode | undefined {
  for (let at: DtNode | undefined = node; at !== undefined; at = at.parent) {
    const phandle = cellOf(at, 'interrupt-parent');
    if (phandle !== undefined) return phandles.get(phandle);
    if (at !== node && at.properties.has('interrupt-controller')) return at;
  }
  return undefined;
}

/**
 * The interrupts of a node, in order; `interrupts-extended` wins over `interrupts`, as in the kernel.
 * Through an `interrupt-map` (PCI) nothing is followed.
 */
export function interruptsOf(node: DtNode, phandles: Phandles): Interrupts {
  if (node.properties.has('interrupts-extended')) {
    const { entries, problem } = readSpecifiers(node, 'interrupts-extended', '#interrupt-cells', phandles);
    const found = entries.filter((entry) => entry !== undefined);
    return {
      entries: found.map(({ provider, args }) => describe(provider, args)),
      ...(problem === undefined ? {} : { problem }),
    };
  }
  const cells = cellsOf(node, 'interrupts');
  if (cells?.length === 0) return { entries: [] };
  const controller = interruptParentOf(node, phandles);
  if (controller === undefined || cells === undefined)
    return { entries: [], problem: `${node.path}: nobody takes its interrupts` };
  const width = cellOf(controller, '#interrupt-cells') ?? 0;
  if (width < 1 || width > 4 || cells.length % width !== 0)
    return { entries: [], problem: `${node.path}: interrupts do not fit ${controller.path}` };
  const count = cells.length / width;
  return {
    entries: Array.from({ length: count }, (_, at) =>
      describe(controller, cells.slice(at * width, (at + 1) * width)),
    ),
  };
}
