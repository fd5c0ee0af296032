// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { qemuArgv } from '../../../src/launch/qemu-args.ts';
import { renderRunScript } from '../../../src/launch/run-script.ts';
import { type VmSettings, vmSettings } from '../../../src/launch/vm-settings.ts';
import {
  device,
  makeFolder,
  ORIN,
  SHELLS,
  type Tree,
  writeKernelTee,
  writesOf,
  writeTree,
} from '../../helpers/board/board-tree.ts';

const template = readFileSync(join(import.meta.dirname, '../../../board/run-vm.sh'), 'utf8');

/** Says how it was called and what it holds open; stays where QEMU_STAYS is set. */
const QEMU = `#!/bin/sh
[ "$1 $2 $3" != '-sandbox on -version' ] || exit "\${QEMU_NO_SECCOMP:-0}"
printf '%s\\n' "$0" "$@" >qemu-argv
readlink /proc/self/fd/\${VM_BPMP_FD:-3} >qemu-fd
trap 'echo ended >qemu-ended; exit 0' TERM
if [ -n "\${QEMU_STAYS-}" ]; then
	echo >qemu-runs
	i=0; while [ $((i += 1)) -lt 300 ]; do sleep 0.1; done
fi
exit \${QEMU_EXITS:-0}
`;

const TAKE = [
  'serial-tegra > /run/bpmp-virt/uarta/3100000.serial.driver',
  '3100000.serial > /sys/bus/platform/drivers/serial-tegra/unbind',
  'vfio-platform > /sys/bus/platform/devices/3100000.serial/driver_override',
  '3100000.serial > /sys/bus/platform/drivers/vfio-platform/bind',
];
const UNSAFE = [
  'yes > /run/bpmp-virt/uarta/unsafe',
  '1 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts',
];
const GIVE_BACK = [
  '3100000.serial > /sys/bus/platform/drivers/vfio-platform/unbind',
  ' > /sys/bus/platform/devices/3100000.serial/driver_override',
  '3100000.serial > /sys/bus/platform/drivers/serial-tegra/bind',
];
const SAFE = ['0 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts'];

const USED = 'has a disk that this board uses: mmcblk0p1 is mounted or swapped to';
/** UARTA as if it were a storage controller with one partition, and nothing mounted. */
function disk(): Tree {
  const block = 'bus/platform/devices/3100000.serial/mmc_host/mmc0/block/mmcblk0/mmcblk0p1';
  return {
    [`sys/${block}/partition`]: '1\n',
    'sys/dev/block/179:1': { link: `../../${block}` },
    'sys/class/block/mmcblk0p1': { link: `../../${block}` },
    'dev/mmcblk0p1': '',
    'proc/self/mountinfo': '',
    'proc/self/mounts': '',
    'proc/swaps': '',
  };
}
/** dm-0 is made of md0, and md0 of the partition. */
const STACK: Tree = {
  'sys/devices/virtual/block/md0/slaves/mmcblk0p1': { link: '../../../../../class/block/mmcblk0p1' },
  'sys/devices/virtual/block/dm-0/slaves/md0': { link: '../../md0' },
  'sys/class/block/dm-0': { link: '../../devices/virtual/block/dm-0' },
  'dev/dm-0': '',
  'dev/mapper/root': { link: '../dm-0' },
};

describe.each(SHELLS)('run-vm.sh under $name', ({ shell, path }) => {
  let folder: ReturnType<typeof makeFolder>;
  let root: string;
  let bundle: string;

  beforeEach(() => {
    folder = makeFolder();
    root = join(folder.path, 'root');
    bundle = join(folder.path, 'bundle');
  });
  afterEach(() => folder.remove());

  /** A board, with `changes` on a healthy Orin, and a bundle for `settings` on it. */
  function prepare(changes: Tree = {}, settings: Partial<VmSettings> = {}): VmSettings {
    const all = vmSettings(settings);
    writeTree(root, { ...ORIN, ...changes });
    writeKernelTee(join(folder.path, 'bin'), root);
    writeTree(bundle, { Image: '', 'guest.dtb': '', 'rootfs_ubuntu_nvidia_orin.img.raw': '', initrd: '' });
    writeFileSync(join(bundle, 'run-vm.sh'), renderRunScript(template, all, 'test'), { mode: 0o755 });
    writeFileSync(join(bundle, 'qemu-system-aarch64'), QEMU, { mode: 0o755 });
    return all;
  }

  function start(words: readonly string[] = [], env: Record<string, string> = {}) {
    const [program = 'sh', ...args] = [...shell, join(bundle, 'run-vm.sh'), ...words];
    return execa(program, args, {
      env: { PATH: path(), BPMP_VIRT_ROOT: root, BPMP_VIRT_TEE: join(folder.path, 'bin/tee'), ...env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      all: true,
    });
  }

  const driver = (name = '3100000.serial') => {
    const link = join(root, 'sys/bus/platform/devices', name, 'driver');
    return existsSync(link) ? readlinkSync(link).split('/').at(-1) : undefined;
  };
  const seen = (file: string) => readFileSync(join(bundle, file), 'utf8').trimEnd();

  /** Started and inside QEMU. */
  async function startAndWait(env: Record<string, string> = {}) {
    const run = start([], { QEMU_STAYS: '1', ...env });
    for (let i = 0; i < 200 && !existsSync(join(bundle, 'qemu-runs')); i += 1) await sleep(50);
    expect(driver()).toBe('vfio-platform');
    return { run };
  }

  /** UARTA as the host proxy or a person left it: for vfio-platform alone, which has it or not. */
  function keep(by: 'vfio-platform' | undefined): void {
    rmSync(join(root, 'sys/bus/platform/devices/3100000.serial/driver'));
    writeTree(root, {
      'sys/bus/platform/drivers/serial-tegra/': '',
      ...device('3100000.serial', by, '7'),
      'sys/bus/platform/devices/3100000.serial/driver_override': 'vfio-platform\n',
    });
  }

  // busybox's setpriv cannot become another user, and only root can.
  test.runIf(process.getuid?.() === 0)(
    'QEMU runs as VM_USER, which gets the VFIO group for as long',
    async () => {
      prepare({}, { VM_USER: 'nobody' });
      const qemu = `${QEMU}`.replace('trap ', 'id -un >qemu-user; ulimit -l >qemu-locked\ntrap ');
      writeFileSync(join(bundle, 'qemu-system-aarch64'), qemu, { mode: 0o755 });
      for (const open of [folder.path, bundle]) chmodSync(open, 0o777);
      const group = () => statSync(join(root, 'dev/vfio/7')).uid;
      if (path() !== process.env['PATH']) {
        const { exitCode, all } = await start();
        expect([exitCode, all]).toEqual([3, expect.stringContaining('setpriv cannot become nobody')]);
        expect(driver()).toBe('serial-tegra');
        expect(group()).toBe(0);
        return;
      }
      const { run } = await startAndWait();
      expect(group()).toBe(65_534);
      expect(seen('qemu-user')).toBe('nobody');
      expect(seen('qemu-fd')).toBe(join(root, 'dev/bpmp-host'));
      run.kill('SIGTERM');
      await run;
      expect(group()).toBe(0);
      expect(driver()).toBe('serial-tegra');

      // The group of a device that stays with vfio-platform does not stay the user's.
      keep('vfio-platform');
      rmSync(join(bundle, 'qemu-runs'));
      const { run: again } = await startAndWait();
      expect(group()).toBe(65_534);
      again.kill('SIGTERM');
      await again;
      expect([group(), driver()]).toEqual([0, 'vfio-platform']);
    },
  );

  test('takes the device, runs QEMU with the host proxy open, gives the device back', async () => {
    const settings = prepare();
    const { exitCode, all } = await start();
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(writesOf(root)).toEqual([...UNSAFE, ...TAKE, ...GIVE_BACK, ...SAFE]);
    const sandbox = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';
    expect(seen('qemu-argv').split('\n')).toEqual(qemuArgv({ ...settings, VM_SANDBOX: sandbox }));
    expect(seen('qemu-fd')).toBe(join(root, 'dev/bpmp-host'));
    expect(driver()).toBe('serial-tegra');
    expect(existsSync(join(root, 'run/bpmp-virt/uarta'))).toBe(false);
    expect(all).toContain('could raise any interrupt of the host');
  });

  test('a dry run prints every write that a run makes, and makes none', async () => {
    prepare();
    const dry = await start(['--dry-run', '--', '-d', 'it is'], { VM_SANDBOX: 'off' });
    expect(dry.exitCode).toBe(0);
    expect(writesOf(root)).toEqual([]);
    const lines = dry.stdout.split('\n');
    const writes = lines
      .filter((line) => line.startsWith('echo '))
      .map((line) => line.slice(5).replace(/^''/, ''));
    expect(writes).toEqual([...UNSAFE, ...TAKE, ...GIVE_BACK, ...SAFE]);
    expect(dry.stdout).toContain(`-append 'rootwait root=/dev/vda console=ttyAMA0'`);
    expect(dry.stdout).toContain(`-d 'it is' 3<>/dev/bpmp-host`);
    expect(existsSync(join(root, 'run/bpmp-virt'))).toBe(false);
  });

  test('QEMU’s exit code is the script’s, and extra arguments come last', async () => {
    prepare();
    const { exitCode } = await start(['--', '-d', `it's`], { QEMU_EXITS: '7', QEMU_NO_SECCOMP: '1' });
    expect(exitCode).toBe(7);
    expect(seen('qemu-argv').split('\n').slice(-2)).toEqual(['-d', `it's`]);
    expect(seen('qemu-argv')).not.toContain('-sandbox');
    expect(driver()).toBe('serial-tegra');
  });

  test('a kernel without seccomp filters: QEMU, which would not start then, gets no -sandbox, and that is said', async () => {
    prepare({ 'proc/self/status': 'Name:\tx\n' });
    const { exitCode, all } = await start();
    expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringContaining('CONFIG_SECCOMP_FILTER') });
    expect(seen('qemu-argv')).not.toContain('-sandbox');
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s ends QEMU in good order and gives the device back', async (signal, code) => {
    prepare();
    const { run } = await startAndWait();
    run.kill(signal);
    expect((await run).exitCode).toBe(code);
    expect(seen('qemu-ended')).toBe('ended');
    expect(driver()).toBe('serial-tegra');
  });

  test('one at a time; after a kill -9 the next run finishes what the killed one owed', async () => {
    prepare();
    const { run } = await startAndWait();
    const second = await start();
    expect(second).toMatchObject({ exitCode: 3, all: expect.stringContaining(`runs (process`) });
    const other = await start([], { VM_NAME: 'other' });
    expect(other).toMatchObject({
      exitCode: 3,
      all: expect.stringContaining('belongs to the running machine'),
    });

    const qemu = Number(readFileSync(join(root, 'run/bpmp-virt/uarta/qemu.pid'), 'utf8').split(' ')[0]);
    // QEMU holds the pipes of the run, so it is the process that is waited for, not its output.
    const killed = new Promise((resolve) => run.once('exit', resolve));
    run.kill('SIGKILL');
    await killed;
    expect(driver()).toBe('vfio-platform');
    const orphan = await start();
    expect(orphan).toMatchObject({ exitCode: 3, all: expect.stringContaining(`kill ${qemu} ends it`) });

    process.kill(qemu, 'SIGKILL');
    await run;
    expect((await start()).exitCode).toBe(0);
    expect(driver()).toBe('serial-tegra');
    expect(
      readFileSync(join(root, 'sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts'), 'utf8'),
    ).toBe('0\n');
  });

  test('--bind leaves it to vfio-platform, --give-back undoes that and is harmless twice', async () => {
    prepare();
    expect((await start(['--bind'])).exitCode).toBe(0);
    expect(driver()).toBe('vfio-platform');
    expect((await start(['--bind'])).exitCode).toBe(0);
    expect((await start(['--give-back'])).exitCode).toBe(0);
    expect(driver()).toBe('serial-tegra');
    const writes = writesOf(root).length;
    expect((await start(['--give-back'])).exitCode).toBe(0);
    expect(writesOf(root)).toHaveLength(writes);
  });

  test('a device that vfio-platform has already is run with, and stays there', async () => {
    const settings = prepare();
    keep('vfio-platform');
    const { exitCode, all } = await start([], { VM_SANDBOX: '' });
    expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringContaining('stays there') });
    expect(seen('qemu-argv').split('\n')).toEqual(qemuArgv({ ...settings, VM_SANDBOX: '' }));
    expect((await start(['--bind'])).exitCode).toBe(0);
    expect((await start(['--give-back'])).exitCode).toBe(0);
    expect(driver()).toBe('vfio-platform');
    expect(writesOf(root).filter((line) => line.includes('3100000.serial'))).toEqual([]);
  });

  test('a device that is kept for vfio-platform and has no driver goes back to that', async () => {
    prepare();
    keep(undefined);
    expect((await start()).exitCode).toBe(0);
    expect(driver()).toBe(undefined);
    expect(writesOf(root)).toEqual([
      ...UNSAFE,
      '-=vfio-platform > /run/bpmp-virt/uarta/3100000.serial.driver',
      ...TAKE.slice(2),
      ...GIVE_BACK.slice(0, 1),
      'vfio-platform > /sys/bus/platform/devices/3100000.serial/driver_override',
      ...SAFE,
    ]);
  });

  test.each([undefined, 'vfio-platform'] as const)(
    '--to-host lets the board’s driver have it, from %s; a run takes it and gives it back there',
    async (by) => {
      prepare();
      keep(by);
      expect((await start(['--to-host'])).exitCode).toBe(0);
      expect(driver()).toBe('serial-tegra');
      expect(writesOf(root).at(-1)).toBe('3100000.serial > /sys/bus/platform/drivers_probe');
      const writes = writesOf(root).length;
      expect((await start(['--to-host'])).exitCode).toBe(0);
      expect(writesOf(root)).toHaveLength(writes);
      expect((await start()).exitCode).toBe(0);
      expect(writesOf(root).slice(writes)).toEqual([...UNSAFE, ...TAKE, ...GIVE_BACK, ...SAFE]);
    },
  );

  test('several devices; one without a driver goes back to none', async () => {
    const VM_DEVICES = '3100000.serial 3160000.i2c';
    const settings = prepare(device('3160000.i2c', undefined, '8'), { VM_DEVICES, VM_NAME: 'two' });
    expect((await start([], { VM_SANDBOX: '' })).exitCode).toBe(0);
    expect(seen('qemu-argv').split('\n')).toEqual(qemuArgv({ ...settings, VM_SANDBOX: '' }));
    expect(driver()).toBe('serial-tegra');
    expect(driver('3160000.i2c')).toBe(undefined);
    const unbinds = writesOf(root).filter((line) => line.endsWith('vfio-platform/unbind'));
    expect(unbinds.map((line) => line.split(' ')[0])).toEqual(['3160000.i2c', '3100000.serial']);
  });

  test('settings come from the environment, empty ones too', async () => {
    const settings = prepare();
    const env = {
      VM_MEMORY: '256M',
      VM_DRIVE: '',
      VM_NET: '',
      VM_INITRD: 'initrd',
      VM_SMP: '2',
      VM_SANDBOX: 'off',
    };
    expect((await start([], env)).exitCode).toBe(0);
    expect(seen('qemu-argv').split('\n')).toEqual(qemuArgv({ ...settings, ...env, VM_SANDBOX: '' }));
  });

  const refusals: readonly [what: string, changes: Tree, env: Record<string, string>, says: string][] = [
    ['an unknown device', {}, { VM_DEVICES: '1.gone' }, 'not a platform device'],
    [
      'a disk that is mounted',
      { ...disk(), 'proc/self/mountinfo': '21 1 179:1 / / rw - ext4 /dev/root rw\n' },
      {},
      USED,
    ],
    [
      'a disk by another number',
      { ...disk(), 'proc/self/mounts': '/dev/mmcblk0p1 / btrfs rw 0 0\n' },
      {},
      USED,
    ],
    [
      'a disk swapped to',
      { ...disk(), 'proc/swaps': 'Filename Type\n/dev/mmcblk0p1 partition 1 0 -2\n' },
      {},
      USED,
    ],
    [
      'a disk below md below dm',
      { ...disk(), ...STACK, 'proc/self/mounts': '/dev/mapper/root / ext4 rw 0 0\n' },
      {},
      USED,
    ],
    ['the console', { 'sys/class/tty/console/active': 'tty0 ttyTHS0\n' }, {}, 'is a console of this kernel'],
    ['a registered console', { 'sys/class/tty/ttyTHS0/console': 'Y\n' }, {}, 'is a console of this kernel'],
    [
      'a terminal in use',
      {
        'proc/41/comm': 'agetty\n',
        'proc/41/fd/0': { link: '/dev/ttyTHS0' },
        'proc/7/fd/0': { link: '/dev/null' },
      },
      {},
      'in use by process 41 (agetty)',
    ],
    [
      'a shared group',
      { 'sys/kernel/iommu_groups/7/devices/3400000.mmc': { link: '.' } },
      {},
      'shares IOMMU group 7 with 3400000.mmc',
    ],
    ['no host proxy', { 'dev/bpmp-host': { link: 'gone' } }, {}, 'is not there'],
    ['no vfio', { 'sys/module/vfio_iommu_type1/parameters/': '' }, {}, 'has no VFIO'],
    ['no Image', {}, { VM_KERNEL: 'Gone' }, 'Gone is not in'],
    ['no QEMU', {}, { VM_QEMU: './gone' }, 'cannot be run'],
    ['no devices', {}, { VM_DEVICES: '' }, 'no device to pass through'],
  ];
  test.each(refusals)('refuses %s and touches nothing', async (_, changes, env, says) => {
    prepare(changes);
    const { exitCode, all } = await start([], env);
    expect({ exitCode, all }).toEqual({ exitCode: 3, all: expect.stringContaining(says) });
    expect(all).toContain('\nrun-vm:   -> ');
    expect(writesOf(root)).toEqual([]);
    expect(driver()).toBe('serial-tegra');
  });

  test.each([
    [{ VM_NAME: '../../etc' }, 'is not a name'],
    [{ VM_NAME: '..' }, 'is not a name'],
    [{ VM_NAME: '' }, 'is not a name'],
    [{ VM_DEVICES: '../../../../etc' }, 'not a name of /sys/bus/platform/devices'],
  ] as const)('a name that leads elsewhere removes nothing: %j', async (env, says) => {
    prepare({ 'etc/passwd': 'x' });
    for (const words of [['--give-back'], ['--bind'], []]) {
      const { exitCode, all } = await start(words, env);
      expect({ exitCode, all }).toEqual({ exitCode: 2, all: expect.stringContaining(says) });
    }
    expect(existsSync(join(root, 'etc/passwd'))).toBe(true);
  });

  test('a bind that the kernel refuses is explained, and the device goes back', async () => {
    prepare({ 'sys/module/vfio_platform/parameters/reset_required': 'Y\n' });
    const { exitCode, all } = await start();
    expect({ exitCode, all }).toEqual({
      exitCode: 3,
      all: expect.stringContaining('vfio_platform.reset_required=0'),
    });
    expect(driver()).toBe('serial-tegra');
    expect(existsSync(join(bundle, 'qemu-argv'))).toBe(false);
  });

  test('a device without an IOMMU group goes back with a word on host.dtbo', async () => {
    prepare();
    rmSync(join(root, 'sys/bus/platform/devices/3100000.serial/iommu_group'));
    const { exitCode, all } = await start();
    expect({ exitCode, all }).toEqual({ exitCode: 3, all: expect.stringContaining('boot with host.dtbo') });
    expect(driver()).toBe('serial-tegra');
  });

  test('unknown words are a mistake of the command line', async () => {
    prepare();
    expect(await start(['--wrong'])).toMatchObject({ exitCode: 2 });
    const help = await start(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('VM_MEMORY=1G') });
  });
});
