// SPDX-License-Identifier: Apache-2.0
import { chmod, copyFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../files/make-folder.ts';
import type { DebianGuest } from './debian-image.ts';

/** inittab(5): SysV's own lines, ours for the network, and the login on the console of QEMU's machine. */
function inittab({ user, autologin }: Pick<DebianGuest, 'user' | 'autologin'>): string {
  const login = autologin ? `--autologin ${user} ` : '';
  const levels = ['0', '1', '2', '3', '4', '5', '6'];
  return [
    'id:2:initdefault:',
    'si::sysinit:/etc/init.d/rcS',
    '~~:S:wait:/sbin/sulogin',
    ...levels.map((level) => `l${level}:${level}:wait:/etc/init.d/rc ${level}`),
    'ca:12345:ctrlaltdel:/sbin/shutdown -t1 -a -r now',
    'bv:2345:once:/usr/lib/bpmp-virt/boot',
    `T0:2345:respawn:/sbin/getty ${login}-L ttyAMA0 115200 vt100`,
    '',
  ].join('\n');
}

/** What is ours in the unpacked `root`; `key` is a line for authorized_keys. All belong to root, as nothing says otherwise. */
export async function writeGuestFiles(
  root: string,
  guest: Pick<DebianGuest, 'user' | 'key' | 'autologin' | 'hostname' | 'mirror' | 'suites'>,
  scripts: string,
): Promise<void> {
  const sources = guest.suites.map((suite) => {
    const archive = suite.endsWith('-security') ? `${guest.mirror}-security` : guest.mirror;
    return `deb ${archive} ${suite} main\n`;
  });
  const texts: Readonly<Record<string, string>> = {
    'etc/hostname': `${guest.hostname}\n`,
    'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${guest.hostname}\n`,
    'etc/fstab': '/dev/root / ext4 defaults 0 0\n',
    'etc/inittab': inittab(guest),
    'etc/resolv.conf': '',
    'etc/apt/sources.list': sources.join(''),
    'usr/lib/bpmp-virt/user': `${guest.user}\n`,
    ...(guest.key === undefined ? {} : { 'usr/lib/bpmp-virt/key': guest.key }),
  };
  for (const [path, text] of Object.entries(texts)) await put(root, path, 0o644, (to) => writeFile(to, text));
  await put(root, 'etc/init', 0o755, (to) => copyFile(join(scripts, 'first-boot'), to));
  await put(root, 'usr/lib/bpmp-virt/boot', 0o755, (to) => copyFile(join(scripts, 'boot'), to));
  await rm(join(root, 'etc/mtab'), { force: true });
  await symlink('../proc/self/mounts', join(root, 'etc/mtab'));
}

async function put(
  root: string,
  path: string,
  mode: number,
  write: (to: string) => Promise<void>,
): Promise<void> {
  const to = join(root, path);
  await makeFolder(dirname(to));
  // The umask of who runs this is not the guest's.
  await chmod(dirname(to), 0o755);
  await write(to);
  await chmod(to, mode);
}
