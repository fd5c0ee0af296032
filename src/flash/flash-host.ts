// SPDX-License-Identifier: Apache-2.0
import { access, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../deploy/finding.ts';
import { readText } from '../read-file.ts';

/** What is looked at; `root` is `/`, or a prepared tree. */
export type FlashHost = {
  readonly root: string;
  /** Linux_for_Tegra, absolute. */
  readonly l4t: string;
  /** Machine as node names it: `x64`. */
  readonly arch: string;
  /** Which of these programs are on PATH. */
  readonly hasProgram: (name: string) => Promise<boolean>;
  /** Whether python3 has the module yaml; not asked where absent. */
  readonly hasYaml?: () => Promise<boolean>;
};

/** statfs(2)'s number of ZFS on Linux. */
const ZFS_MAGIC = 0x2fc12fc1;
/** File systems whose files the kernel's NFS server does not hand out as they are, and what fixes it. */
const NOT_EXPORTED =
  /^(?:zfs|overlay|aufs|fuse.*|9p|nfs4?|cifs|smb3|vboxsf|virtiofs|ecryptfs|ntfs.*|exfat|vfat|squashfs|drvfs)$/;

/** Free space that flashing needs beside an unpacked BSP, in GiB: system.img and its sparse copy. */
const FREE_GIB = 40;

/** Programs that NVIDIA's scripts call, and the Debian package of each (l4t_flash_prerequisites.sh of r36 and of r36.4). */
const PROGRAMS: Readonly<Record<string, string>> = {
  abootimg: 'abootimg',
  strings: 'binutils',
  cpp: 'cpp',
  mkpasswd: 'whois',
  openssl: 'openssl',
  rsync: 'rsync',
  udevadm: 'udev',
  xmlstarlet: 'xmlstarlet',
  zstd: 'zstd',
  cpio: 'cpio',
  dtc: 'device-tree-compiler',
  'mkfs.vfat': 'dosfstools',
  lbzip2: 'lbzip2',
  xmllint: 'libxml2-utils',
  exportfs: 'nfs-kernel-server',
  'qemu-aarch64-static': 'qemu-user-static',
  sshpass: 'sshpass',
  uuidgen: 'uuid-runtime',
  lz4: 'lz4',
  python3: 'python3',
};

/** Whether this machine can flash: one finding a condition, in the words that doctor uses. */
export async function checkFlashHost(host: FlashHost): Promise<readonly Finding[]> {
  return [
    checkArch(host),
    checkPath(host),
    await checkPrograms(host),
    await checkUbuntu(host),
    await checkBinfmt(host),
    await checkFileSystem(host),
    await checkSpace(host),
    await checkAutomounter(host),
    await checkAutosuspend(host),
    await checkFirewall(host),
    await checkVm(host),
  ];
}

const ok = (check: string, why: string): Finding => ({ state: 'ok', check, why, fix: '-' });
const warn = (check: string, why: string, fix: string): Finding => ({ state: 'warn', check, why, fix });
const fail = (check: string, why: string, fix: string): Finding => ({ state: 'fail', check, why, fix });

async function text({ root }: FlashHost, path: string): Promise<string> {
  return readText(join(root, path)).then(
    (content) => content.trim(),
    () => '',
  );
}

async function exists({ root }: FlashHost, path: string): Promise<boolean> {
  return access(join(root, path)).then(
    () => true,
    () => false,
  );
}

function checkArch({ arch }: FlashHost): Finding {
  if (arch === 'x64') return ok('architecture', 'x86-64');
  return fail(
    'architecture',
    `${arch}: NVIDIA’s tegrarcm_v2 is an x86-64 program`,
    'flash from an x86-64 machine',
  );
}

function checkPath({ l4t }: FlashHost): Finding {
  if (!/[\s:]/.test(l4t)) return ok('path', l4t);
  return fail(
    'path',
    `${l4t} has a space or a colon, which NVIDIA’s scripts do not quote`,
    'use another --work folder',
  );
}

async function checkPrograms({ hasProgram, hasYaml }: FlashHost): Promise<Finding> {
  const names = Object.keys(PROGRAMS);
  const there = await Promise.all(names.map(hasProgram));
  const programs = names.filter((_, at) => there[at] === false).map((name) => PROGRAMS[name] ?? name);
  const missing = [...programs, ...((await hasYaml?.()) === false ? ['python3-yaml'] : [])];
  if (missing.length === 0) return ok('programs', 'all there');
  return fail('programs', `missing: ${missing.join(', ')}`, `sudo apt-get install ${missing.join(' ')}`);
}

async function checkUbuntu(host: FlashHost): Promise<Finding> {
  const release = /DISTRIB_RELEASE=(\S+)/.exec(await text(host, 'etc/lsb-release'))?.[1];
  if (release === undefined)
    return warn(
      'distribution',
      'no DISTRIB_RELEASE in /etc/lsb-release, which NVIDIA’s scripts read',
      'nothing, or use Ubuntu 22.04',
    );
  if (release === '20.04' || release === '22.04') return ok('distribution', `Ubuntu ${release}`);
  return warn('distribution', `${release}: NVIDIA supports 20.04 and 22.04`, 'nothing, or use Ubuntu 22.04');
}

async function checkBinfmt(host: FlashHost): Promise<Finding> {
  const state = await text(host, 'proc/sys/fs/binfmt_misc/qemu-aarch64');
  if (/^enabled\b/.test(state)) return ok('binfmt', 'arm64 programs run here');
  return fail(
    'binfmt',
    state === ''
      ? 'arm64 programs do not run here; apply_binaries.sh calls some'
      : 'arm64 programs are switched off here (binfmt_misc); apply_binaries.sh calls some',
    state === ''
      ? 'sudo apt-get install binfmt-support qemu-user-static'
      : 'echo 1 | sudo tee /proc/sys/fs/binfmt_misc/qemu-aarch64',
  );
}

/** The board mounts the root file system from here by NFS while it is flashed. */
async function checkFileSystem(host: FlashHost): Promise<Finding> {
  const mounts = (await text(host, 'proc/mounts')).split('\n').map((line) => line.split(' '));
  const holds = (at: string) => at === '/' || host.l4t === at || host.l4t.startsWith(`${at}/`);
  // The longest mount point; of two mounts at one place, the later one.
  const [, at = '', type = ''] =
    mounts
      .filter(([, point = '']) => point.startsWith('/') && holds(decodeMount(point)))
      .toSorted(([, a = ''], [, b = '']) => a.length - b.length)
      .at(-1) ?? [];
  if (type === '') {
    const { type: magic } = await statfs(host.l4t);
    return magic === ZFS_MAGIC
      ? warn(
          'file-system',
          'Linux_for_Tegra is on ZFS, which NFS does not export as it is',
          'use a work folder on ext4 or XFS',
        )
      : ok('file-system', `type 0x${magic.toString(16)}`);
  }
  if (!NOT_EXPORTED.test(type)) return ok('file-system', `${type}, mounted at ${at}`);
  return warn(
    'file-system',
    `Linux_for_Tegra is on ${type} (${at}), which NFS does not export as it is; flashing NVMe mounts it from the board`,
    type === 'zfs'
      ? 'zfs set sharenfs=…, or a work folder on ext4 or XFS'
      : 'use a work folder on ext4 or XFS',
  );
}

/** /proc/mounts has octal codes for blanks. */
function decodeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

async function checkSpace({ l4t }: FlashHost): Promise<Finding> {
  const { bavail, bsize } = await statfs(l4t);
  const gib = Math.floor((bavail * bsize) / 2 ** 30);
  if (gib >= FREE_GIB) return ok('space', `${gib} GiB free`);
  return warn(
    'space',
    `${gib} GiB free; an image of the root file system may need ${FREE_GIB}`,
    'use a work folder on a larger disk',
  );
}

async function checkAutomounter(host: FlashHost): Promise<Finding> {
  // The D-Bus service's own run folder: it is there while udisks runs, in any init system.
  if (!(await exists(host, 'run/udisks2'))) return ok('automounter', 'udisks does not run');
  return warn(
    'automounter',
    'udisks runs, which mounts disks as they come: a rule of udev keeps it off the board’s while they are written',
    'nothing, or sudo systemctl stop udisks2.service',
  );
}

async function checkAutosuspend(host: FlashHost): Promise<Finding> {
  const seconds = await text(host, 'sys/module/usbcore/parameters/autosuspend');
  if (seconds === '' || seconds === '-1') return ok('autosuspend', 'off');
  return warn(
    'autosuspend',
    `USB devices are suspended after ${seconds} s`,
    'echo -1 | sudo tee /sys/module/usbcore/parameters/autosuspend',
  );
}

async function checkFirewall(host: FlashHost): Promise<Finding> {
  if (!/^ENABLED=yes/m.test(await text(host, 'etc/ufw/ufw.conf'))) return ok('firewall', 'ufw is off');
  return warn(
    'firewall',
    'ufw is on: the board mounts an NFS export of this machine',
    'sudo ufw disable, while flashing',
  );
}

async function checkVm(host: FlashHost): Promise<Finding> {
  if (!/^flags\s*:.*\bhypervisor\b/m.test(await text(host, 'proc/cpuinfo')))
    return ok('machine', 'not a virtual machine');
  return warn(
    'machine',
    'a virtual machine: the board leaves and comes back on USB several times',
    'pass a whole USB controller through, not the device',
  );
}
