// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseStats, stateChanges } from '../../../src/emulate/report.ts';
import { runCli } from '../../helpers/cli.ts';
import { DASH, dashParts } from '../../helpers/emulate/emulate.ts';
import { runOrin } from '../../helpers/emulate/emulate-orin.ts';

const WRITE_123 = 'echo 123 > /dev/ttyTHS0';
/** CLK ENABLE of i2c1 and DISABLE of uarta, as bpmp-ask takes them. */
const ENABLE_I2C1 = 'bpmp-ask 22 0x07000030';
const DISABLE_UARTA = 'bpmp-ask 22 0x0800009b';

describe('the virtual Orin', () => {
  it('passes the doctor’s examination, and runs the machine, in busybox’s shell and in dash', async () => {
    const hostExec = `
say host ready
examine() {
	name=$1
	shift
	"$@" /bundle/doctor.sh >"/run/$name"
	say "$name" exit $?
	while read -r state check rest; do say "$name" "$state" "$check $rest"; done <"/run/$name"
}
examine ash busybox ash
examine dash ${DASH}
${DASH} /bundle/run-vm.sh
say vm exit $?`;
    const wish = { name: 'orin-doctor', exec: WRITE_123, hostExec, files: await dashParts() };
    await runOrin(wish, ({ marks, uart, before, after }) => {
      for (const shell of ['ash', 'dash']) {
        const said = marks.filter((mark) => mark.startsWith(`${shell} `)).join('\n');
        expect(said).not.toMatch(new RegExp(`^${shell} fail`, 'm'));
        expect(said).toContain(`${shell} exit 0`);
        // The small kernel is built without IKCONFIG; what the doctor reads there, a test on prepared trees shows.
        expect(said).toMatch(new RegExp(`^${shell} warn kernel .*no /proc/config.gz`, 'm'));
        for (const check of [
          'kvm',
          'smmu',
          'vfio',
          'policy',
          'device',
          'proxy',
          'qemu',
          'sandbox',
          'window',
          'launcher',
        ])
          expect(said).toMatch(new RegExp(`^${shell} ok ${check}\\b`, 'm'));
      }
      expect(marks).toContain('vm exit 0');
      expect(uart()).toBe('123\r\n');
      expect(marks).toContain('host after serial-tegra');
      expect(stateChanges(before, after)).toEqual([]);
    });
  });

  it('forwards port 2222 of the host to the guest', async () => {
    const exec = 'while [ ! -e /tmp/asked ]; do sleep 0.2; done';
    const hostExec = `
say host ready
(until nc -w 2 127.0.0.1 2222 </dev/null 2>/dev/null | grep 'bpmp-virt guest' >/run/answer; do sleep 0.3; done) &
/bundle/run-vm.sh
say vm exit $?
say port "$(cat /run/answer)"`;
    await runOrin({ name: 'orin-port', exec, hostExec }, ({ marks }) => {
      expect(marks).toContain('guest exit 0');
      expect(marks.find((mark) => mark.startsWith('port '))).toMatch(/^port bpmp-virt guest /);
    });
  });

  it('runs QEMU in its sandbox, and takes everything back after kill -9 of it', async () => {
    const exec = 'exec 3>/dev/ttyTHS0; echo 123 >&3; echo held; sleep 100';
    const hostExec = `
say host ready
/bundle/run-vm.sh >/run/vm.log 2>&1 &
launcher=$!
until grep -q ^held /run/vm.log; do sleep 0.2; done
say held
sleep 1
set -- $(cat /run/bpmp-virt/*/qemu.pid)
say sandbox $(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$1/task/"*/status | sort -u)
kill -9 "$1"
wait "$launcher"
say vm exit $?`;
    await runOrin({ name: 'orin-kill', exec, hostExec }, ({ marks, uart, before, at, after }) => {
      expect(uart()).toBe('123\r\n');
      const held = at('held');
      expect(stateChanges(before, held).join('\n')).toMatch(/clock uarta: off .* -> on/);
      expect(stateChanges(before, held).join('\n')).toMatch(/reset uarta: asserted -> released/);
      // SECCOMP_MODE_FILTER, in every thread.
      expect(marks).toContain('sandbox 2');
      // 128 and SIGKILL: what the launcher saw of QEMU.
      expect(marks).toContain('vm exit 137');
      expect(marks).toContain('host after serial-tegra');
      expect(stateChanges(before, after)).toEqual([]);
    });
  });

  it('refuses what is not the machine’s: an error in the guest, one line in the host’s log', async () => {
    const exec = `for n in 1 2 3 4 5; do echo "answer $(${ENABLE_I2C1})"; done; ${WRITE_123}`;
    const hostExec = `
say host ready
mount -t tracefs tracefs /sys/kernel/tracing
echo 1 >/sys/kernel/tracing/events/bpmp_virt/enable
/bundle/run-vm.sh
say vm exit $?
section trace cat /sys/kernel/tracing/trace`;
    const wish = { name: 'orin-refused', exec, hostExec };
    await runOrin(wish, async ({ lines, uart, before, after, sections }) => {
      const answers = lines.filter((line) => line.startsWith('answer '));
      expect(answers).toHaveLength(5);
      for (const answer of answers) expect(answer).toMatch(/^answer -\d+$/);
      const refusals = (sections.get('host-dmesg') ?? '').split('\n').filter((line) => /refus/i.test(line));
      expect(refusals).toHaveLength(1);
      expect(parseStats(sections.get('stats') ?? '').get('bpmp-host')?.['refused']).toBe(5);
      const shown = await runCli(['monitor', '-'], { input: sections.get('trace') ?? '' });
      expect(shown.stdout.match(/bpmp-host +CLK ENABLE +i2c1 +refused -13 +[1-9]\d*$/gm)).toHaveLength(5);
      expect(shown.stdout).toMatch(/bpmp-host +CLK ENABLE +uarta +ok /);
      expect(shown.stdout).toMatch(/bpmp-host +RESET DEASSERT +uarta +ok /);
      expect(uart()).toBe('123\r\n');
      expect(stateChanges(before, after)).toEqual([]);
    });
  });

  it('keeps a second machine from the first one’s clocks', async () => {
    const exec =
      'exec 3>/dev/ttyTHS0; echo one >&3; echo held; while [ ! -e /tmp/asked ]; do sleep 0.2; done; echo two >&3';
    const otherExec = `echo "own $(bpmp-ask 22 0x0700009f)"; echo "foreign $(${DISABLE_UARTA})"`;
    const hostExec = `
say host ready
/bundle/run-vm.sh >/run/vm.log 2>&1 &
until grep -q ^held /run/vm.log; do sleep 0.2; done
cd /bundle
./qemu-system-aarch64 -nographic -machine virt,accel=kvm,bpmp=on,bpmp-host=/dev/bpmp-host-other-vm -cpu host -m 128M \\
	-no-reboot -kernel Image -drive file=other.img.raw,if=virtio,format=raw -nic none \\
	-append 'rootwait root=/dev/vda console=ttyAMA0 quiet' >/run/other.log 2>&1
say other "$(grep -E '^(own|foreign) ' /run/other.log | tr -d '\\r' | tr '\\n' ' ')"
until nc -w 2 127.0.0.1 2222 </dev/null 2>/dev/null | grep -q guest; do sleep 0.3; done
wait
say done`;
    const vms = [
      { name: 'uart-vm', devices: ['uarta'] },
      { name: 'other-vm', devices: ['uarte'] },
    ];
    await runOrin({ name: 'orin-two', exec, otherExec, hostExec, vms }, ({ marks, uart, before, after }) => {
      const other = marks.find((mark) => mark.startsWith('other ')) ?? '';
      expect(other).toMatch(/own 0 foreign -\d+/);
      expect(uart()).toBe('one\r\ntwo\r\n');
      expect(stateChanges(before, after)).toEqual([]);
    });
  });

  it('passes the firmware’s errors through to the guest', async () => {
    const script = { rules: [{ mrq: 'CLK', cmd: 'ENABLE', id: 'uarta', ret: -13, times: 1 }] };
    const exec = `${WRITE_123}; echo "first $?"; ${WRITE_123}; echo "second $?"`;
    const allowed = [/failed to|clk|serial|bpmp/i];
    await runOrin({ name: 'orin-error', exec, script, allowed }, ({ lines, uart, before, after }) => {
      expect(lines).toContain('first 1');
      expect(lines).toContain('second 0');
      expect(uart()).toBe('123\r\n');
      expect(stateChanges(before, after)).toEqual([]);
    });
  });
});
