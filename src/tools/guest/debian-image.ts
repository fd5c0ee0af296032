// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { StepOptions } from '../../plan/step-options.ts';
import { type AptContext, openApt } from '../apt/apt.ts';
import { downloadPackages } from '../apt/apt-closure.ts';
import { resolveSystem } from '../apt/apt-system.ts';
import { exists } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { readSshKey } from '../files/ssh-key.ts';
import { writeDpkgDatabase } from './dpkg-database.ts';
import { makeExt4 } from './ext4.ts';
import { writeGuestFiles } from './guest-files.ts';

/** A guest with Debian, as the step has it; paths are absolute. */
export type DebianGuest = Omit<StepOptions['make-debian-image'], 'into'>;

/** SysV's init, as the small kernel of debian-6.12 has no control groups, without which systemd does not start. */
const SYSTEM = [
  '?essential',
  '?priority(required)',
  'usr-is-merged',
  'sysvinit-core',
  'sysv-rc',
  'openssh-server',
  'sudo',
  'iproute2',
  'kmod',
  'udhcpc',
] as const;

/**
 * A raw ext4 image of a Debian for arm64 at `image`, without root. No program of arm64 is started: the packages are unpacked, and
 * the guest's first boot configures them (guest/image/first-boot).
 *
 * @param scratch an empty folder
 * @param scripts the folder guest/image of this package
 * @throws {UsageError} the key file is none
 * @throws {EnvironmentError | StepError | CommandError} the archive cannot be reached, or lacks a package
 */
export async function makeDebianImage(
  image: string,
  guest: DebianGuest,
  { scratch, scripts }: { readonly scratch: string; readonly scripts: string },
  ctx: AptContext,
): Promise<void> {
  const key = guest.key === undefined ? undefined : await readSshKey(guest.key);
  const { mirror, suites } = guest;
  const apt = await openApt({ mirror, suites, architecture: 'arm64' }, ctx);
  const debs = await downloadPackages(apt, await resolveSystem(apt, [...SYSTEM, ...guest.packages]));
  const root = join(scratch, 'root');
  const lists = join(scratch, 'lists');
  const owners = join(scratch, 'owners');
  const list = join(scratch, 'list');
  await makeFolder(root);
  await makeFolder(lists);
  await writeFile(list, debs.map((deb) => `${deb}\n`).join(''));
  await ctx.run(
    ['fakeroot', '-s', basename(owners), '--', join(scripts, 'unpack-packages'), root, list, lists],
    scratch,
  );
  await writeDpkgDatabase({ debs, root, lists }, ctx.run);
  await writeGuestFiles(root, { ...guest, ...(key === undefined ? {} : { key }) }, scripts);
  const modules = guest.modules === undefined ? undefined : join(guest.modules, 'lib/modules');
  if (modules !== undefined && (await exists(modules)))
    await ctx.run(['cp', '-a', '--', modules, join(root, 'usr/lib')], scratch);
  await makeExt4(image, { root, owners, mib: guest.mib, epoch: guest.epoch }, ctx.run);
}
