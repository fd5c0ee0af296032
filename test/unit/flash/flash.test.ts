// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseFindings } from '../../../src/deploy/finding.ts';
import { checkFlashHost } from '../../../src/flash/flash-host.ts';
import { flashScriptCommand, prepareRootfs } from '../../../src/flash/flash-plan.ts';
import { FLASH_SIGNATURES, lastErrors, recogniseFailure } from '../../../src/flash/flash-signatures.ts';
import { requireSameModule } from '../../../src/flash/prepare.ts';
import { bootedCount, findRecovery } from '../../../src/flash/recovery.ts';
import { makeFolder, type Tree, writeTree } from '../../helpers/board/board-tree.ts';
import { failedLog, HEALTHY_IN_ALL, HEALTHY_LOGS } from '../../helpers/board/flash-logs.ts';
import { FLASH_REPORTS } from '../../helpers/board/flash-reports.ts';

let folder: ReturnType<typeof makeFolder>;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => folder.remove());

const usb = (name: string, vendor: string, product: string): Tree => ({
  [`bus/usb/devices/${name}/idVendor`]: `${vendor}\n`,
  [`bus/usb/devices/${name}/idProduct`]: `${product}\n`,
});

describe('a board on USB', () => {
  test.each([
    ['7023', 'Jetson AGX Orin, 64 GB or the developer kit', 'agx-orin'],
    ['7223', 'Jetson AGX Orin, 32 GB', 'agx-orin'],
    ['7323', 'Jetson Orin NX, 16 GB', 'orin-nx-nano'],
    ['7423', 'Jetson Orin NX, 8 GB', 'orin-nx-nano'],
    ['7523', 'Jetson Orin Nano, 8 GB', 'orin-nx-nano'],
    ['7623', 'Jetson Orin Nano, 4 GB', 'orin-nx-nano'],
  ])('0955:%s', async (product, module, kind) => {
    writeTree(folder.path, {
      ...usb('1-2', '0955', product),
      ...usb('1-3', '8086', product),
      'bus/usb/devices/usb1/x': '',
    });
    expect(await findRecovery(folder.path)).toMatchObject([{ usb: '1-2', module, kind }]);
    expect(await bootedCount(folder.path)).toBe(0);
  });

  test('a running board and an older Jetson are not in recovery mode', async () => {
    writeTree(folder.path, { ...usb('1-2', '0955', '7020'), ...usb('1-4', '0955', '7019') });
    expect(await findRecovery(folder.path)).toEqual([]);
    expect(await bootedCount(folder.path)).toBe(1);
  });

  test('no USB at all', async () => {
    expect(await findRecovery(folder.path)).toEqual([]);
  });
});

describe('the module on USB, the bundle and --board', () => {
  const agx = { usb: '1-2', module: 'AGX', kind: 'agx-orin', skus: ['3701-0004'] } as const;
  const nano = { usb: '1-2', module: 'Nano', kind: 'orin-nx-nano', skus: ['3767-0005'] } as const;
  test.each([
    [agx, ['p3701', 'p3737'], undefined],
    [agx, ['p3701', 'p3737'], 'jetson-agx-orin-devkit-industrial'],
    [nano, ['p3767', 'p3768'], 'jetson-orin-nano-devkit-super'],
    [nano, ['p3767', 'p9999'], 'a-carrier-of-somebody'],
  ] as const)('go together: %j %j %s', (found, boards, name) => {
    expect(() => requireSameModule(found, boards, name)).not.toThrow();
  });
  test.each([
    [
      nano,
      ['p3701', 'p3737'],
      undefined,
      'the bundle is for p3701+p3737, the board on USB is a Nano (p3767)',
    ],
    [agx, ['p3767', 'p3768'], undefined, 'the bundle is for p3767'],
    [nano, [], undefined, 'does not say which board'],
    [agx, ['p3701', 'p3737'], 'jetson-orin-nano-devkit', 'another module'],
    [nano, ['p3767', 'p3768'], 'p3737-0000-p3701-0000', 'another module'],
  ] as const)('do not: %j %j %s', (found, boards, name, says) => {
    expect(() => requireSameModule(found, boards, name)).toThrow(says);
  });
});

describe('NVIDIA’s words', () => {
  const line = (...request: Parameters<typeof flashScriptCommand>) =>
    flashScriptCommand(...request).join(' ');
  test('AGX Orin, eMMC', () => {
    expect(line({ kind: 'agx-orin', storage: 'emmc', prepareOnly: false })).toBe(
      './flash.sh jetson-agx-orin-devkit internal',
    );
  });
  test('AGX Orin, NVMe', () => {
    expect(line({ kind: 'agx-orin', storage: 'nvme', prepareOnly: false })).toBe(
      './tools/kernel_flash/l4t_initrd_flash.sh --external-device nvme0n1p1 -c tools/kernel_flash/flash_l4t_t234_nvme.xml --showlogs --network usb0 jetson-agx-orin-devkit external',
    );
  });
  test('Orin NX and Nano, NVMe: QSPI has a layout of its own, which is one word', () => {
    const words = flashScriptCommand({
      kind: 'orin-nx-nano',
      storage: 'nvme',
      prepareOnly: true,
      usb: '1-2',
    });
    expect(words.slice(0, 4)).toEqual([
      './tools/kernel_flash/l4t_initrd_flash.sh',
      '--no-flash',
      '--usb-instance',
      '1-2',
    ]);
    expect(words).toContain('-c bootloader/generic/cfg/flash_t234_qspi.xml');
    expect(words.slice(-2)).toEqual(['jetson-orin-nano-devkit', 'internal']);
  });
  test('Orin NX and Nano have no eMMC', () => {
    expect(() => flashScriptCommand({ kind: 'orin-nx-nano', storage: 'emmc', prepareOnly: false })).toThrow(
      'no eMMC',
    );
  });
});

describe('the root file system', () => {
  const words = (...request: Parameters<typeof prepareRootfs>) =>
    prepareRootfs(...request).map(({ command }) => command.join(' '));
  test('only what it still needs', () => {
    expect(words({ unpacked: true, applied: true })).toEqual([]);
    expect(words({ unpacked: true, applied: false })).toEqual(['./apply_binaries.sh']);
    expect(words({ unpacked: false, applied: false }, '/r.tbz2')).toEqual([
      'tar -xpf /r.tbz2 -C rootfs',
      './apply_binaries.sh',
    ]);
    expect(
      words({ unpacked: true, applied: true }, undefined, { name: 'me', password: 'pw', host: 'orin' }),
    ).toEqual(['./tools/l4t_create_default_user.sh -u me -p pw -n orin -a --accept-license']);
  });
  test('where nothing is there and nothing is given', () => {
    expect(() => prepareRootfs({ unpacked: false, applied: false })).toThrow('rootfs is empty');
  });
});

describe('a failure that people meet', () => {
  test('each signature has a report', () => {
    expect(Object.keys(FLASH_REPORTS).sort()).toEqual(FLASH_SIGNATURES.map(({ name }) => name).sort());
  });
  const all = Object.entries(FLASH_REPORTS).flatMap(([name, reports]) =>
    reports.map((report) => [name, report] as const),
  );
  test.each(all)('%s: %s', (name, report) => {
    expect(recogniseFailure(`some lines\n${report}\nmore lines`)?.name).toBe(name);
    for (const where of ['here', 'board'] as const)
      expect(recogniseFailure(failedLog(report, where))?.name).toBe(name);
  });
  test('an unknown one is not taken for one of them', () => {
    const lines = '*** The flash of the board failed for a new reason\nExit 1';
    expect(recogniseFailure(lines)).toBe(undefined);
    expect(recogniseFailure(failedLog(lines, 'board'))).toBe(undefined);
    expect(lastErrors(failedLog(lines, 'board'))).toEqual([
      '*** The flash of the board failed for a new reason',
      'Flash failure',
    ]);
  });
  test.each(Object.entries(HEALTHY_LOGS))('no signature sees one in a run that ended well: %s', (_, log) => {
    expect(recogniseFailure(log)).toBe(undefined);
    // Nor does any by itself, whatever stands around it.
    const lines = log.split('\n');
    for (const { name, pattern, isSymptom } of FLASH_SIGNATURES)
      expect(isSymptom === true ? [] : lines.filter((line) => pattern.test(line)), name).toEqual([]);
  });
  test.each(Object.entries(HEALTHY_IN_ALL))('nor in one that looks bad in places: %s', (_, log) => {
    expect(recogniseFailure(log)).toBe(undefined);
  });
  test('the last error counts, and a cause before its consequences', () => {
    const [full = ''] = FLASH_REPORTS['no-space'] ?? [];
    const [spec = ''] = FLASH_REPORTS['board-spec'] ?? [];
    expect(recogniseFailure(`${full}\n${spec}`)?.name).toBe('board-spec');
    expect(
      recogniseFailure(`${spec}\n${full}\nDevice failed to boot to the initrd flash kernel.`)?.name,
    ).toBe('no-space');
    expect(recogniseFailure(`${full}\nFlash is successful\n`)).toBe(undefined);
    expect(recogniseFailure(`${full}\nFlash is successful\n${spec}`)?.name).toBe('board-spec');
  });
  test.each([
    [0, 'full: the disk of this machine that holds /srv/Linux_for_Tegra'],
    [2, 'full: the board’s disk (/mnt/external/x)'],
  ])('which disk is full is said: %i', (at, detail) => {
    expect(recogniseFailure(FLASH_REPORTS['no-space']?.[at] ?? '')?.detail).toBe(detail);
  });
  test.each([
    [0, 'zstd'],
    [1, 'xmlstarlet'],
    [2, 'lz4c'],
    [3, 'Python’s yaml'],
    [4, 'dtc'],
    [5, 'abootimg'],
    [6, 'python'],
  ])('which program is missing is said: %i', (at, program) => {
    expect(recogniseFailure(FLASH_REPORTS['missing-program']?.[at] ?? '')?.detail).toBe(
      `missing: ${program}`,
    );
  });
  test('only what recovery fixes asks for recovery again', () => {
    const again = FLASH_SIGNATURES.filter(({ hint }) => /recovery again/.test(hint)).map(({ name }) => name);
    expect(again.sort()).toEqual([
      'board-info',
      'boot-loader-silent',
      'fused-board',
      'qspi',
      'usb-network',
      'usb-write-timeout',
    ]);
  });
});

describe('the machine that flashes', () => {
  const GOOD: Tree = {
    'etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\n',
    'proc/sys/fs/binfmt_misc/qemu-aarch64': 'enabled\n',
    'sys/module/usbcore/parameters/autosuspend': '-1\n',
    'proc/cpuinfo': 'flags\t\t: fpu vme\n',
    'proc/mounts': '/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /srv xfs rw 0 0\n',
  };
  const check = async (
    changes: Tree = {},
    more: { arch?: string; inSpace?: boolean; missing?: string } = {},
  ) => {
    writeTree(folder.path, { ...GOOD, ...changes });
    const findings = await checkFlashHost({
      root: folder.path,
      // The folder of each test has spaces in its name.
      l4t: more.inSpace === true ? folder.path : '/',
      arch: more.arch ?? 'x64',
      hasProgram: async (name) => name !== more.missing,
      hasYaml: async () => more.missing !== 'yaml',
    });
    return findings
      .filter(({ state, check }) => state !== 'ok' && check !== 'space')
      .map(({ state, check }) => `${state} ${check}`);
  };
  test('is ready', async () => {
    expect(await check()).toEqual([]);
  });
  test.each([
    ['arm64', {}, { arch: 'arm64' }, 'fail architecture'],
    ['a path with a space', {}, { inSpace: true }, 'fail path'],
    ...['abootimg', 'strings', 'zstd', 'cpp', 'rsync', 'openssl', 'mkpasswd', 'xmlstarlet', 'yaml'].map(
      (missing) => [`without ${missing}`, {}, { missing }, 'fail programs'] as const,
    ),
    ['ZFS', { 'proc/mounts': 'pool / zfs rw 0 0\n' }, {}, 'warn file-system'],
    [
      'an overlay over it',
      { 'proc/mounts': '/dev/sda1 / ext4 rw 0 0\nx / overlay rw 0 0\n' },
      {},
      'warn file-system',
    ],
    ['binfmt that is off', { 'proc/sys/fs/binfmt_misc/qemu-aarch64': 'disabled\n' }, {}, 'fail binfmt'],
    ['Debian', { 'etc/lsb-release': '' }, {}, 'warn distribution'],
    ['a newer Ubuntu', { 'etc/lsb-release': 'DISTRIB_RELEASE=24.04' }, {}, 'warn distribution'],
    ['udisks', { 'run/udisks2/x': '' }, {}, 'warn automounter'],
    ['autosuspend', { 'sys/module/usbcore/parameters/autosuspend': '2\n' }, {}, 'warn autosuspend'],
    ['ufw', { 'etc/ufw/ufw.conf': '# x\nENABLED=yes\n' }, {}, 'warn firewall'],
    ['a virtual machine', { 'proc/cpuinfo': 'flags : fpu hypervisor vme\n' }, {}, 'warn machine'],
  ] as const)('%s', async (_, changes, more, expected) => {
    expect(await check(changes, more)).toEqual([expected]);
  });
});

test('doctor’s lines: what is not a finding is passed over', () => {
  expect(parseFindings('ok\tkvm\tthere\t-\nnoise\nwarn\tx\ty\nfail\ta\tb\tc')).toEqual([
    { state: 'ok', check: 'kvm', why: 'there', fix: '-' },
    { state: 'fail', check: 'a', why: 'b', fix: 'c' },
  ]);
});
