// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseStats, stateChanges } from '../../../src/emulate/report.ts';
import { runOrin } from '../../helpers/emulate/emulate-orin.ts';
import { figure } from '../../helpers/figures.ts';

const WRITE_123 = 'echo 123 > /dev/ttyTHS0';

describe('the virtual Orin, with Debian’s QEMU and guest kernel over SCMI', () => {
  it('runs the machine by the bundle’s launcher: 123 arrives, and all is as before', async () => {
    const run = { name: 'orin-scmi', exec: WRITE_123, scmi: true };
    await runOrin(run, ({ lines, marks, uart, uartAt, before, after, sections }) => {
      expect(uart()).toBe('123\r\n');
      expect(marks).toContain('vm exit 0');
      expect(marks).toContain('host after serial-tegra');
      expect(stateChanges(before, after)).toEqual([]);
      const stats = parseStats(sections.get('stats') ?? '').get('bpmp-host');
      expect(stats).toMatchObject({ refused: 0, failed: 0, undo_failed: 0 });
      const [, messages = NaN] = /(\d+) messages/.exec(lines.join('\n')) ?? [];
      const bound = { atMost: 60, always: true } as const;
      figure('SCMI messages of a machine in the virtual Orin', Number(messages), 'messages', bound);
      figure('requests of it to the host proxy', stats?.['requests'] ?? NaN, 'requests');
      figure('to 123 over SCMI', (uartAt() ?? NaN) / 1000, 's');
    });
  });

  it('takes everything back after kill -9 of QEMU and of bpmp-scmi, and runs the machine again', async () => {
    const exec = `
exec 3>/dev/ttyTHS0
echo 123 >&3
echo held
grep -q again /proc/cmdline || sleep 300`;
    const hostExec = `
say host ready
killed() {
	/bundle/run-vm.sh >"/run/$1.log" 2>&1 &
	launcher=$!
	until grep -q ^held "/run/$1.log"; do sleep 0.2; done
	say "held-$1"
	set -- "$1" $(cat /run/bpmp-virt/*/"$1.pid")
	say "sandbox-$1" $(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$2/task/"*/status | sort -u)
	kill -9 "$2"
	wait "$launcher"
	say "exit-$1" $?
	say "driver-$1" "$(driver_of "$VM_DEVICES")"
}
killed qemu
killed scmi
say left $(ls /run/bpmp-virt)
VM_APPEND="$VM_APPEND again" /bundle/run-vm.sh
say vm exit $?`;
    // A machine that is killed leaves no log; what its driver says while the way is gone it says to nobody.
    await runOrin({ name: 'orin-scmi-kill', exec, hostExec, scmi: true }, (run) => {
      const { marks, uart, before, at, after, sections } = run;
      for (const who of ['qemu', 'scmi']) {
        expect(stateChanges(before, at(`held-${who}`)).join('\n')).toMatch(/clock uarta: off .* -> on/);
        expect(marks).toContain(`driver-${who} serial-tegra`);
        expect(stateChanges(before, at(`driver-${who}`)), who).toEqual([]);
        // SECCOMP_MODE_FILTER, in every thread.
        expect(marks).toContain(`sandbox-${who} 2`);
      }
      // 128 and SIGKILL; after bpmp-scmi's end the launcher ends QEMU, whose code for SIGTERM is 0.
      expect(marks).toContain('exit-qemu 137');
      expect(marks).toContain('exit-scmi 0');
      expect(marks.filter((mark) => mark.startsWith('left'))).toEqual(['left']);
      expect(marks).toContain('vm exit 0');
      expect(uart()).toBe('123\r\n'.repeat(3));
      expect(stateChanges(before, after)).toEqual([]);
      expect(parseStats(sections.get('stats') ?? '').get('bpmp-host')).toMatchObject({ undo_failed: 0 });
    });
  });

  it('begins anew where the guest restarts', async () => {
    // The second boot finds the first one's word on the disk, which has no other use here.
    const exec = `
exec 3>/dev/ttyTHS0
if [ "$(dd if=/dev/vda bs=5 count=1 2>/dev/null)" = again ]; then
	echo three >&3
	echo anew
	usleep 5000000
else
	printf again | dd of=/dev/vda conv=notrunc,sync 2>/dev/null
	echo one >&3
	echo b >/proc/sysrq-trigger
fi`;
    const hostExec = `
say host ready
/bundle/run-vm.sh -- -action reboot=reset >/run/vm.log 2>&1 &
launcher=$!
until grep -q ^anew /run/vm.log; do sleep 0.2; done
say undone $(sed -n 's/^undone //p' /sys/kernel/debug/bpmp-host/bpmp-host/stats)
wait "$launcher"
say vm exit $?
grep 'bpmp-scmi: ' /run/vm.log | while read -r line; do say end "$line"; done`;
    await runOrin({ name: 'orin-scmi-reset', exec, hostExec, scmi: true }, (run) => {
      const { marks, uart, before, after, sections } = run;
      expect(uart()).toBe('one\r\nthree\r\n');
      expect(marks).toContain('vm exit 0');
      expect(marks).toContain('host after serial-tegra');
      expect(stateChanges(before, after)).toEqual([]);
      const stats = parseStats(sections.get('stats') ?? '').get('bpmp-host');
      expect(stats).toMatchObject({ refused: 0, undo_failed: 0 });
      // While the second boot holds its clock: what was on when the first one ended.
      expect(marks.find((mark) => mark.startsWith('undone'))).toMatch(/^undone [1-9]\d*$/);
    });
  });
});
