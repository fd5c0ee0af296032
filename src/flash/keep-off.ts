// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { shellQuote } from '../command.ts';
import type { Preparation } from './flash-plan.ts';

/** A rule of udev below /run, which a restart takes away in any case. */
const RULE_FILE = 'run/udev/rules.d/99-bpmp-virt-flash.rules';
/** udisks(8): UDISKS_IGNORE hides a block device from udisks, and so from every desktop. 0955 is NVIDIA's vendor id. */
const RULE = 'SUBSYSTEM=="block", ENV{ID_VENDOR_ID}=="0955", ENV{UDISKS_IGNORE}="1"';

/**
 * What keeps automounters off the disks of NVIDIA's USB devices, and only those, while a board is flashed; and what ends that.
 *
 * @param root `/`, or a prepared tree
 */
export function keepOff(root: string): { readonly begin: Preparation; readonly end: Preparation } {
  const file = join(root, RULE_FILE);
  const folder = shellQuote(join(file, '..'));
  const reload = 'udevadm control --reload';
  return {
    begin: {
      command: [
        'sh',
        '-c',
        `mkdir -p ${folder} && echo ${shellQuote(RULE)} >${shellQuote(file)} && ${reload}`,
      ],
      why: 'it keeps automounters off the board’s disks while they are written',
    },
    end: {
      command: ['sh', '-c', `rm -f ${shellQuote(file)} && ${reload}`],
      why: 'it lets automounters be again',
    },
  };
}
