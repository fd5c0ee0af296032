// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import { readBytes } from '../read-file.ts';
import type { FileEntry } from './file-tree.ts';

/** What the root file system of an emulated machine is made of. */
export type RootParts = {
  /** A static arm64 busybox. */
  readonly busybox: string;
  /** The folder guest/ of this package. */
  readonly scripts: string;
};

/**
 * busybox's programs as links: what init and people at the console use. Made here, as `busybox --install` would take
 * seconds in a machine inside a machine.
 */
const APPLETS =
  `[ ash awk basename cat chmod chown clear cp cttyhack cut date dd devmem df dirname dmesg du echo env expr
  false find free grep gzip head hexdump hostname id ifconfig ip kill killall less ln ls md5sum mkdir mknod mktemp modprobe more
  mount mv nc nproc od pidof ping poweroff printf ps pwd readlink realpath reboot rm rmdir route sed seq setpriv setsid sh
  sha256sum sleep sort stat stty sync sysctl tail tar taskset tee telnet test time timeout top touch tr true tty umount uname
  uniq uptime usleep vi wc wget which xargs xxd yes zcat`
    .split(/\s+/)
    .filter((name) => name !== '');

/**
 * init, its helpers and busybox: a whole root file system.
 *
 * @param modules files of the guest's kernel that init loads first, in this order
 */
export async function guestRoot(
  parts: RootParts,
  exec?: string,
  modules: readonly string[] = [],
): Promise<readonly FileEntry[]> {
  return [
    ...(await Promise.all(modules.map(moduleFile))),
    ...(await common(parts, 'init')),
    await script(parts, 'port-22', 'etc/bpmp-virt/port-22'),
    await script(parts, 'bpmp-ask', 'bin/bpmp-ask'),
    ...(exec === undefined ? [] : [file('etc/bpmp-virt/exec', `${exec}\n`)]),
  ];
}

/** Where init-host mounts the disk with a distribution's programs, which look for their libraries in the usual places. */
const PROGRAMS: readonly FileEntry[] = [
  { type: 'folder', path: 'programs' },
  { type: 'link', path: 'usr', target: 'programs/usr' },
  { type: 'link', path: 'lib', target: 'usr/lib' },
];

/** The same for the host inside the virtual Orin. `files`: place below /bundle → a file of this machine. */
export async function hostRoot(
  parts: RootParts,
  inside: {
    readonly files: Readonly<Record<string, string>>;
    /** Settings of run-vm.sh. */
    readonly env: Readonly<Record<string, string>>;
    /** In place of one plain run of run-vm.sh: a shell script. */
    readonly exec?: string;
    /** There is a disk with a distribution's programs. */
    readonly programs?: boolean;
  },
): Promise<readonly FileEntry[]> {
  const env = Object.entries(inside.env).map(([name, value]) => `export ${name}='${value}'\n`);
  const bundle = await Promise.all(
    Object.entries(inside.files).map(async ([name, from]) => {
      const path = `bundle/${name}`;
      return { type: 'file', path, mode: 0o755, content: await readBytes(from) } as const;
    }),
  );
  return [
    ...(await common(parts, 'init-host')),
    file('etc/bpmp-virt/vm.env', env.join('')),
    ...(inside.exec === undefined ? [] : [file('etc/bpmp-virt/host-exec', `${inside.exec}\n`)]),
    ...(inside.programs === true ? PROGRAMS : []),
    ...bundle,
  ];
}

async function common(parts: RootParts, init: string): Promise<readonly FileEntry[]> {
  const folders = ['bin', 'dev', 'proc', 'sys', 'tmp', 'run', 'root', 'sbin'];
  return [
    ...folders.map((path) => ({ type: 'folder', path }) as const),
    // The kernel opens it for process 1 before anything is mounted.
    { type: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, content: await readBytes(parts.busybox) },
    ...APPLETS.map((name) => ({ type: 'link', path: `bin/${name}`, target: 'busybox' }) as const),
    await script(parts, init, 'init'),
    { type: 'link', path: 'sbin/init', target: '../init' },
  ];
}

async function moduleFile(from: string, at: number): Promise<FileEntry> {
  const path = `etc/bpmp-virt/modules/${String(at).padStart(2, '0')}-${basename(from)}`;
  return { type: 'file', path, mode: 0o644, content: await readBytes(from) };
}

async function script({ scripts }: RootParts, name: string, path: string): Promise<FileEntry> {
  return { type: 'file', path, mode: 0o755, content: await readBytes(join(scripts, name)) };
}

function file(path: string, content: string): FileEntry {
  return { type: 'file', path, mode: 0o644, content };
}
