// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderRunScript } from '../../../src/launch/run-script.ts';
import { vmSettings } from '../../../src/launch/vm-settings.ts';
import {
  makeFolder,
  ORIN,
  SHELLS,
  writeKernelTee,
  writesOf,
  writeTree,
} from '../../helpers/board/board-tree.ts';

const template = readFileSync(join(import.meta.dirname, '../../../board/run-vm.sh'), 'utf8');

/** A stock QEMU: has a version, makes its tree, and says how it was started. */
const QEMU = `#!/bin/sh
case "$1" in
--version) echo "QEMU emulator version \${QEMU_VERSION:-10.0.13} (Debian)"; exit ;;
esac
[ "$1 $2 $3" != '-sandbox on -version' ] || exit 1
case "$*" in
*dumpdtb=*) echo "$*" >dump-argv; for w in "$@"; do case $w in *dumpdtb=*) echo base >"\${w##*dumpdtb=}" ;; esac; done; exit ;;
esac
echo "$*" >qemu-argv
[ -e scmi-listens ] && echo yes >scmi-was-first
readlink /proc/self/fd/3 >qemu-fd
# bpmp-scmi takes its socket away as soon as somebody is connected.
for w in "$@"; do case $w in *id=scmi,path=*) rm -f "\${w##*path=}" ;; esac; done
trap 'echo >qemu-over; exit 0' TERM
echo >qemu-runs
i=0; while [ -n "\${QEMU_STAYS-}" ] && [ $((i += 1)) -lt 300 ]; do sleep 0.1; done
echo >qemu-over
`;

/** bpmp-scmi: listens, and ends a little after QEMU. */
const SCMI = `#!/bin/sh
echo "$*" >scmi-argv
readlink /proc/self/fd/3 >scmi-fd
[ -z "\${SCMI_FAILS-}" ] || exit 3
while [ $# -gt 0 ]; do [ "$1" != --socket-path ] || socket=$2; shift; done
echo >scmi-listens
: >"$socket"
if [ -n "\${SCMI_DIES-}" ]; then
	until [ -e qemu-runs ]; do sleep 0.1; done
	kill -9 $$
fi
until [ -e qemu-over ]; do sleep 0.1; done
sleep 0.5
echo "$(cat "$DRIVER_LINK" 2>/dev/null; readlink "$DRIVER_LINK")" >driver-at-undo
`;

const OVERLAY = `#!/bin/sh
echo "$*" >overlay-argv
: >"$4"
`;

describe.each(SHELLS)('run-vm.sh of a guest over SCMI under $name', ({ shell, path }) => {
  let folder: ReturnType<typeof makeFolder>;
  let root: string;
  let bundle: string;
  let state: string;

  beforeEach(() => {
    folder = makeFolder();
    root = join(folder.path, 'root');
    bundle = join(folder.path, 'bundle');
    state = join(folder.path, 'scmi');
    const settings = vmSettings({
      VM_QEMU: './qemu',
      VM_KERNEL: 'vmlinuz',
      VM_SCMI: './bpmp-scmi',
      VM_SCMI_SOCKET: join(state, 'socket'),
      VM_DTB: join(state, 'guest.dtb'),
      VM_SMP: '2',
    });
    writeTree(root, ORIN);
    writeKernelTee(join(folder.path, 'bin'), root);
    writeTree(bundle, {
      vmlinuz: '',
      'guest.dtbo': '',
      'scmi.map': '',
      'rootfs_ubuntu_nvidia_orin.img.raw': '',
    });
    const programs = {
      qemu: QEMU,
      'bpmp-scmi': SCMI,
      'run-vm.sh': renderRunScript(template, settings, 'test'),
    };
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(bundle, name), text, { mode: 0o755 });
    writeFileSync(join(folder.path, 'bin/fdtoverlay'), OVERLAY, { mode: 0o755 });
  });
  afterEach(() => folder.remove());

  const link = () => join(root, 'sys/bus/platform/devices/3100000.serial/driver');
  const driver = () => readlinkSync(link()).split('/').at(-1);
  const seen = (file: string) => readFileSync(join(bundle, file), 'utf8').trimEnd();

  function start(words: readonly string[] = [], env: Record<string, string> = {}) {
    const [program = 'sh', ...args] = [...shell, join(bundle, 'run-vm.sh'), ...words];
    const bin = join(folder.path, 'bin');
    return execa(program, args, {
      env: {
        PATH: `${bin}:${path()}`,
        BPMP_VIRT_ROOT: root,
        BPMP_VIRT_TEE: join(bin, 'tee'),
        DRIVER_LINK: link(),
        ...env,
      },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      all: true,
    });
  }

  test('QEMU makes its own tree, bpmp-scmi has the host proxy and listens first, and QEMU has no BPMP', async () => {
    const { exitCode, all } = await start();
    expect([exitCode, all]).toEqual([0, expect.any(String)]);
    expect(seen('dump-argv')).toContain(`-machine virt,accel=kvm,dumpdtb=${state}/base.dtb -cpu host -m 1G`);
    expect(seen('dump-argv')).toContain('-smp 2');
    expect(seen('overlay-argv')).toBe(`-i ${state}/base.dtb -o ${state}/guest.dtb guest.dtbo`);
    expect(seen('scmi-argv')).toBe(`--map scmi.map --bpmp-fd 3 --socket-path ${state}/socket`);
    expect(seen('scmi-fd')).toBe(join(root, 'dev/bpmp-host'));
    expect(seen('scmi-was-first')).toBe('yes');
    expect(seen('qemu-fd')).not.toContain('bpmp-host');
    const argv = seen('qemu-argv');
    expect(argv).toContain('-object memory-backend-memfd,id=guest-memory,size=1G,share=on');
    expect(argv).toContain('-machine memory-backend=guest-memory');
    expect(argv).toContain(`-chardev socket,id=scmi,path=${state}/socket`);
    expect(argv).toContain('-device vhost-user-scmi-pci,chardev=scmi,romfile=');
    expect(argv).toContain(`-dtb ${state}/guest.dtb`);
    expect(argv).toContain('-no-reboot');
    expect(argv).not.toContain('bpmp=on');
  });

  test('the device goes back only after bpmp-scmi has ended, and so has undone', async () => {
    await start();
    expect(seen('driver-at-undo')).toContain('vfio-platform');
    expect(driver()).toBe('serial-tegra');
  });

  test('without bpmp-scmi QEMU ends too, and the device goes back', async () => {
    const { all } = await start([], { SCMI_DIES: '1', QEMU_STAYS: '1' });
    expect(all).toContain('bpmp-scmi has ended, and what the machine did is undone: ending QEMU');
    expect(existsSync(join(bundle, 'qemu-over'))).toBe(true);
    expect(driver()).toBe('serial-tegra');
  });

  test('a bpmp-scmi that does not start: QEMU never runs, and the device goes back', async () => {
    const { exitCode, all } = await start([], { SCMI_FAILS: '1' });
    expect([exitCode, all]).toEqual([3, expect.stringContaining('./bpmp-scmi did not start')]);
    expect(existsSync(join(bundle, 'qemu-argv'))).toBe(false);
    expect(driver()).toBe('serial-tegra');
  });

  test('SIGTERM ends QEMU, then bpmp-scmi', async () => {
    const run = start([], { QEMU_STAYS: '1' });
    for (let i = 0; i < 1000 && !existsSync(join(bundle, 'qemu-runs')); i += 1) await sleep(50);
    run.kill('SIGTERM');
    await run;
    expect(seen('driver-at-undo')).toContain('vfio-platform');
    expect(driver()).toBe('serial-tegra');
  });

  test.each(['7.2.22', '8.1.5', '10.2.0', 'none'])(
    'QEMU %s is refused: it has not both devices',
    async (version) => {
      const { exitCode, all } = await start([], { QEMU_VERSION: version });
      expect([exitCode, all]).toEqual([3, expect.stringContaining('a guest over SCMI needs 8.2 to 10.1')]);
      expect(writesOf(root)).toEqual([]);
    },
  );

  test('what is missing is refused before the device is taken', async () => {
    rmSync(join(bundle, 'scmi.map'));
    const { exitCode, all } = await start();
    expect([exitCode, all]).toEqual([3, expect.stringContaining('scmi.map is not in')]);
    expect(writesOf(root)).toEqual([]);
  });

  test('a dry run shows the tree, bpmp-scmi and QEMU, and runs none', async () => {
    const { stdout } = await start(['--dry-run']);
    expect(stdout).toContain('dumpdtb=');
    expect(stdout).toContain('fdtoverlay -i');
    expect(stdout).toMatch(/bpmp-scmi --map .* 3<>\/dev\/bpmp-host/);
    expect(existsSync(join(bundle, 'qemu-argv'))).toBe(false);
    expect(existsSync(state)).toBe(false);
  });
});
