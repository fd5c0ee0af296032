// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CONFIG,
  device,
  HEALTHY,
  kernelConfig,
  makeFolder,
  SHELLS,
  type Tree,
  writeTree,
} from '../../helpers/board/board-tree.ts';

const board = join(import.meta.dirname, '../../../board');
const EFI = 'sys/firmware/efi/efivars';
const SECURE = `${EFI}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
const MODE = `${EFI}/L4TDefaultBootMode-781e084c-a330-417c-b678-38e696380cb9`;

const QEMU = `#!/bin/sh
case $* in
'-sandbox on -version') exit "\${QEMU_NO_SECCOMP:-0}" ;;
--version) echo "QEMU emulator version \${QEMU_IS:-7.2.22} (Debian)" ;;
*,help) type=\${4%,help}; case " \${QEMU_HAS:-vfio-platform nvidia-bpmp-guest} " in *" $type "*) ;; *) exit 1 ;; esac ;;
esac
`;

/** As the overlay of a bundle leaves the running tree: the policy node names UARTA. */
const KEPT: Tree = {
  'proc/device-tree/bpmp_host_proxy/passthrough-devices': '\0\0\x01\xf0\0\0\x01\xee',
  'sys/bus/platform/devices/3100000.serial/of_node/phandle': '\0\0\x01\xee',
};

describe.each(SHELLS)('doctor.sh under $name', ({ shell, path }) => {
  let folder: ReturnType<typeof makeFolder>;
  let root: string;
  let bundle: string;

  beforeEach(async () => {
    folder = makeFolder();
    root = join(folder.path, 'root');
    bundle = join(folder.path, 'bundle');
    writeTree(root, HEALTHY);
    writeConfig(CONFIG);
    writeTree(bundle, { Image: '', 'rootfs_ubuntu_nvidia_orin.img.raw': '' });
    writeFileSync(join(bundle, 'run-vm.sh'), readFileSync(join(board, 'run-vm.sh')));
    writeFileSync(join(bundle, 'doctor.sh'), readFileSync(join(board, 'doctor.sh')));
    writeFileSync(join(bundle, 'qemu-system-aarch64'), QEMU, { mode: 0o755 });
    await writeGuest('bpmp { compatible = "x"; virtual-pa = <0x0 0x090c0000>; };');
  });
  afterEach(() => folder.remove());

  const writeConfig = (symbols: string) => writeFileSync(join(root, 'proc/config.gz'), kernelConfig(symbols));
  const writeGuest = (nodes: string) =>
    execa('dtc', ['-q', '-o', join(bundle, 'guest.dtb'), '-'], {
      input: `/dts-v1/; / { a = <1>; s = "virtual-p"; ${nodes} };`,
    });

  async function doctor(env: Record<string, string> = {}, words: readonly string[] = []) {
    const [program = 'sh', ...args] = [...shell, join(bundle, 'doctor.sh'), ...words];
    const { exitCode, stdout, stderr } = await execa(program, args, {
      env: { PATH: path(), BPMP_VIRT_ROOT: root, ...env },
      extendEnv: false,
      reject: false,
    });
    const lines = stdout.split('\n').map((line) => line.split('\t'));
    for (const line of lines) expect(line, stderr).toHaveLength(4);
    return {
      exitCode,
      stderr,
      lines,
      line: (check: string) => lines.find((fields) => fields[1] === check)?.join(' | '),
    };
  }

  test('a board that is ready', async () => {
    const { exitCode, stderr, lines, line } = await doctor();
    expect(stderr).toBe('');
    expect(lines.filter(([state]) => state !== 'ok')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(line('release')).toContain('Jetson Linux: R36 (release), REVISION: 3.0');
    expect(line('policy')).toBe(
      'ok | policy | bpmp_host_proxy: clocks 155 102, resets 100; /dev/bpmp-host | -',
    );
    expect(line('window')).toContain('at 0x090c0000 in guest.dtb and in QEMU 7.2');
    expect(line('device 3100000.serial')).toContain('held by serial-tegra, alone in IOMMU group 7');
    expect(line('extlinux')).toContain('2 entries, DEFAULT primary');
  });

  test('a bare machine: every line says what fixes it', async () => {
    rmSync(root, { recursive: true });
    writeTree(root, { 'proc/': '' });
    const { exitCode, lines } = await doctor();
    expect(exitCode).toBe(3);
    for (const [state, check, , fix] of lines) if (state === 'fail') expect(fix, check).not.toBe('-');
  });

  const cases: readonly [
    what: string,
    changes: Tree,
    env: Record<string, string>,
    check: string,
    says: RegExp,
  ][] = [
    [
      'an old release',
      { 'etc/nv_tegra_release': '# R35 (release), REVISION: 4.1\n' },
      {},
      'release',
      /^fail.*36\.x is needed/,
    ],
    ['no Jetson', { 'etc/nv_tegra_release': '' }, {}, 'release', /^warn/],
    ['no KVM', { 'dev/kvm': { link: 'gone' } }, {}, 'kvm', /^fail.*RT kernel/],
    ['no SMMU', { 'sys/class/iommu/': '' }, {}, 'smmu', /^fail/],
    [
      'SMMU bypass',
      { 'sys/module/arm_smmu/parameters/disable_bypass': 'N\n' },
      {},
      'smmu',
      /^warn.*all memory/,
    ],
    ['no VFIO', { 'dev/vfio/vfio': { link: 'gone' } }, {}, 'vfio', /^fail/],
    [
      'reset required',
      { 'sys/module/vfio_platform/parameters/reset_required': 'Y\n' },
      {},
      'vfio',
      /^fail.*reset_required=0/,
    ],
    [
      'safe interrupts',
      { 'sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts': 'N\n' },
      {},
      'unsafe-interrupts',
      /^warn/,
    ],
    ['no policy', { 'proc/device-tree/': '' }, {}, 'policy', /^fail.*host\.dtbo/],
    ['a policy and no proxy', { 'dev/bpmp-host': { link: 'gone' } }, {}, 'policy', /^fail.*dmesg/],
    [
      'a labelled policy',
      { 'proc/device-tree/bpmp_host_proxy/label': 'vm\0', 'dev/bpmp-host-vm': '' },
      {},
      'policy',
      /^ok.*bpmp-host-vm/,
    ],
    ['little memory', { 'proc/meminfo': 'MemAvailable: 500000 kB\n' }, {}, 'memory', /^fail.*488 MiB free/],
    ['no EFI variables', { [EFI]: '' }, {}, 'secure-boot', /^warn.*cannot be seen \| mount -t efivarfs/],
    ['secure boot', { [SECURE]: '\x06\0\0\0\x01' }, {}, 'secure-boot', /^fail/],
    ['boot mode 2', { [MODE]: '\x07\0\0\0\x02' }, {}, 'boot-mode', /^fail.*kernel partition/],
    ['boot mode 3', { [MODE]: '\x07\0\0\0\x03' }, {}, 'boot-mode', /^fail.*recovery/],
    [
      'eleven entries',
      { 'boot/extlinux/extlinux.conf': 'LABEL a\n'.repeat(11) },
      {},
      'extlinux',
      /^fail.*11 entries/,
    ],
    [
      'a stock extlinux',
      { 'boot/extlinux/extlinux.conf': 'DEFAULT p\r\nLABEL p\n' },
      {},
      'extlinux',
      /^warn.*DEFAULT p, none/,
    ],
    [
      'a shared group',
      { 'sys/kernel/iommu_groups/7/devices/1.x': '' },
      {},
      'device 3100000.serial',
      /^fail.*with 1\.x.*host\.dtbo/,
    ],
    [
      'a GIC without its maintenance interrupt',
      { 'proc/device-tree/bus@0/interrupt-controller@f400000/interrupts': { link: 'gone' } },
      {},
      'gic',
      /^fail.*no maintenance interrupt in the running device tree/,
    ],
    [
      'a KVM that did not get it',
      { 'proc/interrupts': '25: 0 GICv3 27 Level arch_timer\n' },
      {},
      'gic',
      /^fail.*KVM has taken no/,
    ],
    [
      'a machine that asks for the GIC of another board',
      {},
      { VM_MACHINE: 'virt,accel=kvm,gic-version=2' },
      'gic',
      /^fail.*version 2/,
    ],
    [
      'no GIC in the tree',
      { 'proc/device-tree/bus@0/interrupt-controller@f400000/': '' },
      {},
      'gic',
      /^warn.*could not be seen/,
    ],
    [
      'SMMU bypass on the command line',
      {
        'sys/module/arm_smmu/parameters/disable_bypass': { link: 'gone' },
        'proc/cmdline': 'root=x arm-smmu.disable_bypass=1 arm-smmu.disable_bypass=0\n',
      },
      {},
      'smmu',
      /^warn.*all memory/,
    ],
    [
      'SMMU bypass in another word',
      {
        'sys/module/arm_smmu/parameters/disable_bypass': { link: 'gone' },
        'proc/cmdline': 'root=x arm-smmu.disable_bypass=False\n',
      },
      {},
      'smmu',
      /^warn.*all memory/,
    ],
    [
      'a root that a service changed after the start',
      {
        'proc/cmdline': 'root=/dev/mmcblk0p1 rw\n',
        'proc/mounts': '/dev/mmcblk0p1 /old ext4 rw 0 0\n/dev/nvme0n1p1 / ext4 rw 0 0\n',
      },
      {},
      'root',
      /^fail.*started from \/dev\/mmcblk0p1 and went on to \/dev\/nvme0n1p1/,
    ],
    [
      'a root in memory',
      { 'proc/mounts': 'overlayroot / overlay rw,lowerdir=/media/root-ro 0 0\n' },
      {},
      'root',
      /^fail.*in memory \(overlay\)/,
    ],
    [
      'a stream that another device has',
      { 'proc/device-tree/bus@0/spi@3210000/iommus': '\0\0\0\x06\0\0\0\x01\0\0\0\x05\0\0\0\x18' },
      {},
      'stream 3100000.serial',
      /^warn.*0x18 is that of spi@3210000 too.*host\.dtbo/,
    ],
    [
      'a stream that a device has which is switched off',
      {
        'proc/device-tree/bus@0/spi@3210000/iommus': '\0\0\0\x05\0\0\0\x18',
        'proc/device-tree/bus@0/spi@3210000/status': 'disabled\0',
      },
      {},
      'stream 3100000.serial',
      /^ok.*0x18, of no other device/,
    ],
    [
      'the same number on another SMMU',
      { 'proc/device-tree/bus@0/spi@3210000/iommus': '\0\0\0\x06\0\0\0\x18' },
      {},
      'stream 3100000.serial',
      /^ok/,
    ],
    [
      'the stream that passes',
      { 'proc/device-tree/bus@0/serial@3100000/iommus': '\0\0\0\x05\0\0\0\x7f' },
      {},
      'stream 3100000.serial',
      /^fail.*untranslated/,
    ],
    [
      'pins that nobody sets',
      { 'proc/device-tree/bus@0/serial@3100000/pinctrl-0': { link: 'gone' } },
      {},
      'pins 3100000.serial',
      /^warn.*cannot be seen here.*jetson-io/,
    ],
    [
      'pins for a state that vfio-platform does not ask for',
      { 'proc/device-tree/bus@0/serial@3100000/pinctrl-names': 'uart\0default\0' },
      {},
      'pins 3100000.serial',
      /^warn.*state uart/,
    ],
    [
      'a /boot of its own',
      { 'proc/mounts': '/dev/nvme0n1p1 / ext4 rw 0 0\n/dev/nvme0n1p2 /boot ext4 rw 0 0\n' },
      {},
      'boot-mount',
      /^fail.*of its own.*umount/,
    ],
    [
      'a /boot of its own beside an encrypted root',
      { 'proc/mounts': '/dev/mapper/crypt_root / ext4 rw 0 0\n/dev/nvme0n1p2 /boot ext4 rw 0 0\n' },
      {},
      'boot-mount',
      /^fail.*encrypted .*not supported/,
    ],
    [
      'a console in use, and no root file system yet: what is dangerous first',
      {
        'proc/41/comm': 'agetty\n',
        'proc/41/fd/0': { link: '/dev/ttyTHS0' },
        'proc/7/fd/0': { link: '/dev/null' },
      },
      { VM_DRIVE: 'gone.img' },
      'launcher',
      /^fail.*in use by process 41/,
    ],
    [
      'a device with a disk that is mounted',
      {
        'sys/devices/platform/3460000.mmc/block/mmcblk0/mmcblk0p1/dev': '179:1\n',
        'sys/dev/block/179:1': { link: '../../devices/platform/3460000.mmc/block/mmcblk0/mmcblk0p1' },
        'sys/bus/platform/devices/3460000.mmc': { link: '../../../devices/platform/3460000.mmc' },
        'proc/self/mountinfo': '22 1 179:1 / / rw - ext4 /dev/mmcblk0p1 rw\n',
        'proc/self/mounts': '',
        'proc/swaps': '',
      },
      { VM_DEVICES: '3460000.mmc' },
      'launcher',
      /^fail.*has a disk that this board uses: mmcblk0p1/,
    ],
    [
      'a device that the tree keeps for machines',
      { ...KEPT, ...device('3100000.serial', 'vfio-platform', '7') },
      {},
      'device 3100000.serial',
      /^ok.*kept for machines by the device tree, held by vfio-platform/,
    ],
    [
      'a device that the tree keeps and the host’s driver has',
      KEPT,
      {},
      'device 3100000.serial',
      /^warn.*but serial-tegra has it/,
    ],
    [
      'a device beside one that the tree keeps',
      { ...KEPT, 'sys/bus/platform/devices/3100000.serial/of_node/phandle': '\0\0\x01\xef' },
      {},
      'device 3100000.serial',
      /^ok.*held by serial-tegra/,
    ],
    ['a proxy of another name', {}, { VM_BPMP_HOST: '/dev/bpmp-host-x' }, 'proxy', /^fail.*bpmp-host-x/],
    [
      'a console in use',
      {
        'proc/41/comm': 'agetty\n',
        'proc/41/fd/0': { link: '/dev/ttyTHS0' },
        'proc/7/fd/0': { link: '/dev/null' },
      },
      {},
      'launcher',
      /^fail.*in use by process 41 \(agetty\).*serial-getty@ttyTHS0/,
    ],
    ['an unknown device', {}, { VM_DEVICES: '1.gone' }, 'device 1.gone', /^fail/],
    ['a QEMU of 10.2', {}, { QEMU_HAS: 'nvidia-bpmp-guest' }, 'qemu', /^fail.*lacks vfio-platform/],
    ['no QEMU', {}, { VM_QEMU: './gone' }, 'qemu', /^fail/],
    [
      'a kernel without seccomp',
      { 'proc/self/status': 'x\n' },
      {},
      'sandbox',
      /^warn.*CONFIG_SECCOMP_FILTER/,
    ],
    ['a QEMU without seccomp', {}, { QEMU_NO_SECCOMP: '1' }, 'sandbox', /^warn.*built without/],
    ['a newer QEMU', {}, { QEMU_IS: '10.2.2' }, 'window', /^ok/],
    ['a missing Image', {}, { VM_KERNEL: 'Gone' }, 'file Gone', /^fail/],
  ];
  test.each(cases)('%s', async (_, changes, env, check, says) => {
    writeTree(root, changes);
    const { line, exitCode } = await doctor(env);
    expect(line(check)).toMatch(says);
    expect(exitCode).toBe(says.source.startsWith('^fail') ? 3 : 0);
  });

  test('a tree with the window elsewhere', async () => {
    await writeGuest('bpmp { compatible = "x"; virtual-pa = <0x0 0x090d0000>; };');
    const { line, exitCode } = await doctor();
    expect(line('window')).toMatch(/^fail.*astray/);
    expect(exitCode).toBe(3);
  });

  test('what the kernel was built without is named', async () => {
    writeConfig('KVM VFIO TEGRA_BPMP VFIO_IOMMU_TYPE1 ARM_SMMU_V3');
    const { line } = await doctor({}, ['--host-only']);
    expect(line('kernel')).toContain('lacks CONFIG_VFIO_PLATFORM CONFIG_TEGRA_BPMP_HOST_PROXY |');
    expect(line('kernel-guest')).toMatch(/^warn/);
    expect(line('qemu')).toBe(undefined);
  });

  test('a guest tree without the window', async () => {
    await writeGuest('bpmp { compatible = "virtual-pa"; };');
    expect((await doctor()).line('window')).toMatch(/^fail.*has no virtual-pa/);
  });
});
