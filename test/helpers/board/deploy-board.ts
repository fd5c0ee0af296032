// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { deployCommand } from '../../../src/cli/commands/deploy.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import { silentCli } from '../silent-cli.ts';
import { makeFolder, type Tree, writeTree } from './board-tree.ts';
import { manifestOf } from './facts.ts';
import { type SshBoard, startSshBoard } from './ssh-board.ts';
import { readAsUefi, startedByUefi } from './uefi-extlinux.ts';

/** A stock extlinux.conf. */
export const STOCK = `TIMEOUT 30
DEFAULT primary

LABEL primary
      MENU LABEL primary kernel
      LINUX /boot/Image
      INITRD /boot/initrd
      APPEND \${cbootargs} root=PARTUUID=1 rw rootwait
`;
const BOARD: Tree = {
  'etc/nv_tegra_release': '# R36 (release), REVISION: 3.0, GCID: 36191598, BOARD: generic\n',
  'proc/sys/kernel/osrelease': '5.15.136-tegra\n',
  'proc/cmdline': 'root=PARTUUID=1 rw\n',
  'proc/mounts': '/dev/mmcblk0p1 / ext4 rw 0 0\n',
  'proc/device-tree/compatible': 'nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0nvidia,tegra234\0',
  'boot/extlinux/extlinux.conf': STOCK,
  'boot/Image': 'stock kernel',
  'boot/initrd': 'stock initrd',
  'opt/other': 'not ours',
  'etc/systemd/system/x.service': 'not ours',
};
const DTB = `\xd0\x0d\xfe\xed${'x'.repeat(64)}nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0`;

/** The board, and the bundle that goes onto it; both are there from the first test on. */
export let board: SshBoard;
export let bundle: ReturnType<typeof makeFolder>;

/** A board and a bundle for every test of a file. */
export function useBoard(): void {
  beforeAll(async () => {
    board = await startSshBoard();
    bundle = makeFolder();
    const image = randomBytes(96 * 1024).toString('latin1');
    writeTree(bundle.path, {
      Image: image,
      'dtb/tegra234-p3737-0000+p3701-0000.dtb': DTB,
      'host.dtbo': 'overlay',
      'guest.dtb': 'guest',
      'run-vm.sh': '#!/bin/sh\n',
      'manifest.json': manifestOf(image),
      'uarta.service': '[Unit]\n',
      'modules/lib/modules/6.12.5-bpmp/kernel/x.ko': 'module',
    });
  });
  afterAll(async () => {
    await board.close();
    bundle.remove();
  });
  beforeEach(() => {
    reset();
  });
}

/** The board as it was on its first day. */
export function reset(changes: Tree = {}): void {
  board.cutAfter(undefined);
  for (const name of readdirSync(board.root)) rmSync(join(board.root, name), { recursive: true });
  for (const name of readdirSync(board.bin)) rmSync(join(board.bin, name));
  writeTree(board.root, { ...BOARD, ...changes });
  // Flushing takes seconds on a machine that writes much, and no test sees what it does.
  writeFileSync(join(board.bin, 'sync'), '#!/bin/sh\n', { mode: 0o755 });
}

/** `bpmp-virt deploy` with `words`, on the board of this test. */
export function deploy(...words: string[]): Promise<{ out: string; error: Error | undefined }> {
  return verb(deployCommand, [
    board.target,
    '--ssh-config',
    board.sshConfig,
    '--bundle',
    bundle.path,
    ...words,
  ]);
}

/** The same as `deploy local`, this machine's / being the board's folder: no ssh in between. */
export async function deployHere(...words: string[]): Promise<{ out: string; error: Error | undefined }> {
  return onBoard(() => verb(deployCommand, ['local', '--bundle', bundle.path, ...words]));
}

/** What `action` starts finds the board's folder and programs, as over ssh. */
export async function onBoard<T>(action: () => Promise<T>): Promise<T> {
  const { PATH = '' } = process.env;
  Object.assign(process.env, { PATH: `${board.bin}:${PATH}`, BPMP_VIRT_ROOT: board.root });
  try {
    return await action();
  } finally {
    process.env['PATH'] = PATH;
    delete process.env['BPMP_VIRT_ROOT'];
  }
}

/** Run one verb; gives what it printed, and what it threw. */
export async function verb(
  make: (cli: CliContext) => Command,
  words: readonly string[],
): Promise<{ out: string; error: Error | undefined }> {
  const out: string[] = [];
  const cli = silentCli({ print: (text) => void out.push(text), cwd: bundle.path });
  const error = await make(cli)
    .exitOverride()
    .parseAsync(words, { from: 'user' })
    .then(
      () => undefined,
      (cause: Error) => cause,
    );
  return { out: out.join('\n'), error };
}

/** The same where it has to work; gives what it printed. */
export async function succeed(...words: string[]): Promise<string> {
  const { out, error } = await deploy(...words);
  if (error !== undefined) throw error;
  return out;
}

/** Every file of the board: content and whether it may be executed. Backups of the boot menu have a date in the name. */
export function tree(): Record<string, string> {
  const files = readdirSync(board.root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/conf\.bpmp-virt-\d+T/.test(path));
  return Object.fromEntries(
    paths
      .sort()
      .map((path) => [
        path.slice(board.root.length),
        `${(statSync(path).mode & 0o111) === 0 ? '' : 'x '}${readFileSync(path, 'latin1')}`,
      ]),
  );
}

/** The boot menu as it is. */
export const conf = () => readFileSync(join(board.root, 'boot/extlinux/extlinux.conf'), 'latin1');
/** What UEFI starts by itself. */
export const started = () => startedByUefi(readAsUefi(conf()))?.['LABEL'];

/** The board restarts: firmware and kernel start the entry that DEFAULT names, with its arguments. */
export function restart(): void {
  const entry = startedByUefi(readAsUefi(conf()));
  writeTree(board.root, { 'proc/cmdline': `${entry?.['APPEND']?.replace(/^\S*cbootargs\S* /, '')}\n` });
}

/** Whatever happened: the board boots its own kernel, and an entry of ours has all its files. */
export function expectSafe(): void {
  expect(started()).toBe('primary');
  expectWhole();
}

/** The board's own kernel is untouched, and whatever the boot menu names is there. */
export function expectWhole(): void {
  expect(readFileSync(join(board.root, 'boot/Image'), 'latin1')).toBe('stock kernel');
  for (const entry of readAsUefi(conf()).entries)
    for (const path of [entry['LINUX'], entry['FDT'], ...(entry['OVERLAYS']?.split(',') ?? [])])
      if (path !== undefined) expect(existsSync(join(board.root, path)), path).toBe(true);
}
