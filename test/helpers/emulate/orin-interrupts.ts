// SPDX-License-Identifier: Apache-2.0

import { expect } from 'vitest';
import type { QemuVersion } from '../../../src/recipe/qemu-versions.ts';
import { runOrin } from './emulate-orin.ts';

/** The guest sends 8 KiB, and says how many interrupts that took: few, and too few for a rate, as the emulated UART is never busy. */
const SEND = `
count() { awk '/serial/ && !/uart-pl011/ { n += $2 } END { print n + 0 }' /proc/interrupts; }
exec 3>/dev/ttyTHS0
stty -F /dev/ttyTHS0 raw
from=$(count)
dd if=/dev/zero bs=1k count=8 >&3 2>/dev/null
# Waits until all is sent; when the port is closed the interrupt is not listed any more.
stty -F /dev/ttyTHS0 raw
echo "interrupts $(($(count) - from))"
exec 3>&-`;

/** The names are those of QEMU's own device up to 10.0, and of ours after it. */
const IRQFD =
  /vfio_platform_start_level_irqfd_injection IRQ index=0|bpmp_vfio_platform_irqfd c000000.serial: interrupt 0, level 1/;
const SLOW =
  /vfio_platform_start_eventfd_injection IRQ index=0|bpmp_vfio_platform_eventfd c000000.serial: interrupt 0/;
const UNMASKED = /vfio_platform_reset_unmask /;

/** In the virtual Orin with QEMU `version`, once with irqfd, as by default, and once without. */
export async function compareInterrupts(version: QemuVersion): Promise<void> {
  const traces = "-trace 'vfio_platform_*' -trace 'bpmp_vfio_*'";
  const hostExec = `
say host ready
/bundle/run-vm.sh -- ${traces} -D /run/irqfd.log
say irqfd exit $?
/bundle/run-vm.sh -- ${traces} -D /run/slow.log -global vfio-platform.x-irqfd=off
say slow exit $?
section irqfd cat /run/irqfd.log
section slow grep -v -e 'eoi\\|_end' -e 'intp_interrupt\\|_trigger' /run/slow.log`;
  const wish = { name: `orin-interrupts-${version}`, version, exec: SEND, hostExec };
  await runOrin(wish, ({ marks, lines, sections }) => {
    expect(marks).toContain('irqfd exit 0');
    expect(marks).toContain('slow exit 0');
    const [fast = '', slow = ''] = [sections.get('irqfd'), sections.get('slow')];
    expect(fast).toMatch(IRQFD);
    expect(fast).not.toMatch(SLOW);
    expect(fast).toMatch(UNMASKED);
    expect(slow).toMatch(SLOW);
    expect(slow).not.toMatch(IRQFD);
    const counts = lines.flatMap((line) => /^interrupts (\d+)/.exec(line)?.[1] ?? []);
    expect(counts).toHaveLength(2);
    for (const count of counts) expect(Number(count)).toBeGreaterThan(0);
  });
}
