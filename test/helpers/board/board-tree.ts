// SPDX-License-Identifier: Apache-2.0
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The shells and small tools that a board may have: each is a PATH and the shell's command. */
export const SHELLS: readonly { readonly name: string; readonly shell: readonly string[]; path(): string }[] =
  [
    { name: 'dash', shell: ['dash'], path: () => process.env['PATH'] ?? '' },
    // Its shell runs its own applets before it looks at PATH.
    { name: 'busybox', shell: ['sh'], path: busyboxFolder },
  ];
let busybox: string | undefined;

/** A folder with a link for each applet of busybox and nothing else, made once. */
function busyboxFolder(): string {
  if (busybox !== undefined) return busybox;
  const folder = mkdtempSync(join(tmpdir(), 'bpmp-busybox-'));
  const program = ['/bin/busybox', '/usr/bin/busybox'].find((path) =>
    readdirSync(dirname(path)).includes('busybox'),
  );
  if (program === undefined) throw new Error('busybox is not installed: apt-get install busybox-static');
  for (const applet of APPLETS) symlinkSync(program, join(folder, applet));
  busybox = folder;
  return folder;
}

const APPLETS = (
  'awk basename cat chmod chown cmp cp cut date df dirname dmesg echo env find grep gunzip head id kill ln ls mkdir ' +
  'mktemp mv od printf ps readlink rm rmdir sed seq setpriv sh sha256sum sleep sort stat sync tail tar tee test ' +
  'touch tr true uname uniq wc xargs zcat modprobe mountpoint mount reboot nohup'
).split(' ');

/** A file system of files, as a board's /sys, /proc, /dev and /boot look; values end in a newline. */
export type Tree = Readonly<Record<string, string | { readonly link: string }>>;

/** Write `tree` below `root`, a character a byte; a path that ends in / is a folder. */
export function writeTree(root: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path);
    rmSync(full, { force: true, recursive: true });
    mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true });
    if (path.endsWith('/')) continue;
    if (typeof content === 'string') writeFileSync(full, content, 'latin1');
    else symlinkSync(content.link, full);
  }
}

/** A folder of its own for one test, and how to be rid of it. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bpmp virt '));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A platform device as sysfs shows it: who drives it, in which IOMMU group it is, and its terminal. */
export function device(
  name: string,
  driver: string | undefined,
  group: string | undefined,
  tty?: string,
): Tree {
  const at = `sys/bus/platform/devices/${name}`;
  const tree: Record<string, string | { readonly link: string }> = { [`${at}/driver_override`]: '(null)\n' };
  if (driver !== undefined) {
    tree[`${at}/driver`] = { link: `../../drivers/${driver}` };
    tree[`sys/bus/platform/drivers/${driver}/${name}`] = { link: `../../devices/${name}` };
  }
  if (group !== undefined) {
    tree[`${at}/iommu_group`] = { link: `../../../../kernel/iommu_groups/${group}` };
    tree[`sys/kernel/iommu_groups/${group}/devices/${name}`] = { link: '../../x' };
    tree[`dev/vfio/${group}`] = '';
  }
  if (tty !== undefined) {
    tree[`${at}/${name}:0/${name}:0.0/tty/${tty}/dev`] = '238:0\n';
    tree[`sys/class/tty/${tty}/console`] = 'N\n';
  }
  return tree;
}

/** An Orin whose kernel and device tree are ready: uarta with its driver, in a group of its own. */
export const ORIN: Tree = {
  ...device('3100000.serial', 'serial-tegra', '7', 'ttyTHS0'),
  'sys/bus/platform/drivers/vfio-platform/': '',
  'sys/bus/platform/drivers_probe': '',
  'sys/class/tty/console/active': 'tty0 ttyTCU0\n',
  'sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts': 'N\n',
  'sys/module/vfio_platform/parameters/reset_required': 'N\n',
  'dev/bpmp-host': '',
  'proc/1/comm': 'init\n',
  'proc/self/status': 'Seccomp_filters:\t0\n',
  'run/': '',
};

/** Symbols of a kernel that can do it. */
export const CONFIG =
  'KVM VFIO VFIO_PLATFORM VFIO_IOMMU_TYPE1 TEGRA_BPMP TEGRA_BPMP_HOST_PROXY TEGRA_BPMP_GUEST_PROXY ARM_SMMU';
const EFI = 'sys/firmware/efi/efivars';
const SECURE = `${EFI}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
const MODE = `${EFI}/L4TDefaultBootMode-781e084c-a330-417c-b678-38e696380cb9`;

/** A node of the running tree, as sysfs and /proc show it. */
const UARTA_NODE = 'bus@0/serial@3100000';
/** SMMU 5, stream 0x18; another device has 0x4. */
const STREAMS: Tree = {
  [`proc/device-tree/${UARTA_NODE}/iommus`]: '\0\0\0\x05\0\0\0\x18',
  [`proc/device-tree/${UARTA_NODE}/pinctrl-names`]: 'default\0',
  [`proc/device-tree/${UARTA_NODE}/pinctrl-0`]: '\0\0\0\x09',
  'proc/device-tree/bus@0/spi@3210000/iommus': '\0\0\0\x05\0\0\0\x04',
  'proc/device-tree/bus@0/interrupt-controller@f400000/compatible': 'arm,gic-v3\0',
  'proc/device-tree/bus@0/interrupt-controller@f400000/interrupts': '\0\0\0\x01',
  'proc/interrupts': ' 9:  0  GICv3  25 Level  vgic\n',
  'sys/firmware/devicetree/base': { link: '../../../proc/device-tree' },
  'sys/bus/platform/devices/3100000.serial/of_node': {
    link: `../../../../firmware/devicetree/base/${UARTA_NODE}`,
  },
};

/** A board that the doctor finds nothing wrong with, once it has a /proc/config.gz of `CONFIG`. */
export const HEALTHY: Tree = {
  ...ORIN,
  ...STREAMS,
  'etc/nv_tegra_release': '# R36 (release), REVISION: 3.0, GCID: 36191598, BOARD: generic\n',
  'proc/sys/kernel/osrelease': '6.12.5-bpmp\n',
  'proc/meminfo': 'MemTotal:       32000000 kB\nMemAvailable:   30000000 kB\n',
  'dev/kvm': '',
  'dev/vfio/vfio': '',
  'sys/class/iommu/smmu0/x': '',
  'sys/module/arm_smmu/parameters/disable_bypass': 'Y\n',
  'sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts': 'Y\n',
  'proc/device-tree/bpmp_host_proxy/compatible': 'nvidia,bpmp-host-proxy\0',
  'proc/device-tree/bpmp_host_proxy/allowed-clocks': '\0\0\0\x9b\0\0\0\x66',
  'proc/device-tree/bpmp_host_proxy/allowed-resets': '\0\0\0\x64',
  'boot/extlinux/extlinux.conf':
    'TIMEOUT 30\nDEFAULT primary\nLABEL primary\nLINUX /boot/Image\n# LABEL backup\n# >>> bpmp-virt x\nLABEL b\n',
  [SECURE]: '\x06\0\0\0\0',
  [MODE]: '\x07\0\0\0\x01',
};

/** What /proc/config.gz says of a kernel with `symbols`. */
export function kernelConfig(symbols: string): Uint8Array {
  return gzipSync(
    symbols
      .split(' ')
      .map((symbol) => `CONFIG_${symbol}=y\n`)
      .join(''),
  );
}

/**
 * A `tee` in `folder` that is the kernel behind the sysfs files of `root`: it binds and unbinds
 * as Linux does, refuses what Linux refuses, and keeps every write in `root`/writes.
 */
export function writeKernelTee(folder: string, root: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tee'), TEE.replace('@ROOT@', root), { mode: 0o755 });
}

/** The writes that the kernel has seen: `VALUE > FILE` lines. */
export function writesOf(root: string): readonly string[] {
  try {
    return readFileSync(join(root, 'writes'), 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

const TEE = `#!/bin/sh
root='@ROOT@'
cd "$root" || exit 1
read -r value
file=\${1#"$root"/}
printf '%s > /%s\\n' "$value" "$file" >>writes
no() { echo "tee: '$1': $2" >&2; exit 1; }
bus=sys/bus/platform
attach() {
	[ ! -e "$bus/devices/$1/driver" ] || no "$file" 'Device or resource busy'
	ln -s "../../drivers/$2" "$bus/devices/$1/driver"
	ln -s "../../devices/$1" "$bus/drivers/$2/$1"
}
case $file in
$bus/drivers/*/unbind)
	driver=\${file%/unbind}
	[ -e "$root/hold-$value" ] && no "$file" 'Device or resource busy'
	[ -L "$driver/$value" ] || no "$file" 'No such device'
	rm "$driver/$value" "$bus/devices/$value/driver" ;;
$bus/drivers/*/bind)
	driver=\${file%/bind}
	driver=\${driver##*/}
	read -r override <"$bus/devices/$value/driver_override"
	case $override in
	'(null)' | '' | "$driver") ;;
	*) no "$file" 'No such device' ;;
	esac
	if [ "$driver" = vfio-platform ]; then
		[ "$override" = vfio-platform ] || no "$file" 'No such device'
		read -r required <sys/module/vfio_platform/parameters/reset_required
		[ "$required" = N ] || no "$file" 'No such file or directory'
		[ -L "$bus/devices/$value/iommu_group" ] || no "$file" 'Invalid argument'
	fi
	attach "$value" "$driver" ;;
$bus/drivers_probe) attach "$value" serial-tegra ;;
*) printf '%s\\n' "$value" >"$file" ;;
esac
`;
