// SPDX-License-Identifier: Apache-2.0
import type { BpmpKind } from '../dt/host-index.ts';
import type { IdClass } from './policy.ts';

/**
 * Clocks that whole trees of others derive from: oscillators and outputs of PLLs. A change of their rate is felt
 * everywhere, also where no node of the device tree names them.
 */
const ROOT_CLOCK = /^TEGRA234_CLK_(OSC|CLK_M|CLK_32K|\w*PLL\w*)$/;
/** Clocks of the chip's buses, memory and processors: parts that no node of a tree names stop with them. */
const BUS_CLOCK =
  /^TEGRA234_CLK_(AXI_CBB|NAFLL_AXICBB|APE|APB2APE|AON_APB|DBGAPB|HOST1X|CSITE|LA|\w+_NIC|EMC\w*|MCHUB|BPMP_\w+|NAFLL_(BPMP|CLUSTER\w+)|TSC(_REF)?)$/;

/** Whether a clock is never one device's alone, by its name in the dt-bindings: others derive from it, or a bus does. */
export function isRootClock(name: string | undefined): boolean {
  return name !== undefined && (ROOT_CLOCK.test(name) || BUS_CLOCK.test(name));
}

function also(otherUsers: readonly string[], more: number): string {
  const shown = otherUsers.slice(0, 3).join(', ');
  const rest = Math.max(0, otherUsers.length - 3) + more;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/**
 * The class of an id and the reason for it.
 *
 * @param otherUsers who besides the VM uses it: nodes that the host keeps, devices of other VMs
 * @param more how many nodes of the host there are besides those
 */
export function classify(
  kind: BpmpKind,
  name: string | undefined,
  otherUsers: readonly string[],
  more: number,
): { readonly class: IdClass; readonly reason: string } {
  if (kind === 'clock' && otherUsers.length > 0)
    return {
      class: 'shared',
      reason: `used by ${also(otherUsers, more)} too: enable and read, never change`,
    };
  if (kind === 'clock' && isRootClock(name))
    return { class: 'shared', reason: 'other clocks or a bus derive from it: enable and read, never change' };
  if (otherUsers.length === 0) return { class: 'own', reason: 'only this VM uses it' };
  if (kind === 'reset')
    return {
      class: 'withheld',
      reason: `it would reset ${also(otherUsers, more)} too: the VM does not get it`,
    };
  return {
    class: 'withheld',
    reason: `${also(otherUsers, more)} need it too: the host keeps it on, the VM does not switch it`,
  };
}
