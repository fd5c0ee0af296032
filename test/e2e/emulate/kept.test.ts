// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { stateChanges } from '../../../src/emulate/report.ts';
import { runOrin } from '../../helpers/emulate/emulate-orin.ts';

const WRITE_123 = 'echo 123 > /dev/ttyTHS0';

describe('the virtual Orin', () => {
  it('keeps the UART off the host’s driver where the tree says so, and runs the machine with it', async () => {
    const vms = [{ name: 'uart-vm', devices: ['uarta'], keepOff: true }];
    const hostExec = `
say host ready "$(driver_of "$VM_DEVICES")"
say terminals $(echo /sys/class/tty/ttyTHS*)
/bundle/doctor.sh | while read -r state check rest; do say "doctor $state" "$check $rest"; done
/bundle/run-vm.sh
say vm exit $?`;
    await runOrin(
      { name: 'orin-kept', exec: WRITE_123, hostExec, vms },
      ({ marks, uart, sections, ...run }) => {
        expect(marks).toContain('host ready vfio-platform');
        expect(marks).toContain('terminals /sys/class/tty/ttyTHS*');
        const doctor = marks.filter((mark) => mark.startsWith('doctor ')).join('\n');
        expect(doctor).toMatch(/^doctor ok device c000000\.serial\s+kept for machines by the device tree/m);
        expect(sections.get('host-dmesg')).not.toMatch(/c000000\.serial: ttyTHS/);
        expect(marks).toContain('vm exit 0');
        expect(uart()).toBe('123\r\n');
        expect(marks).toContain('host after vfio-platform');
        expect(stateChanges(run.before, run.after)).toEqual([]);
      },
    );
  });
});
