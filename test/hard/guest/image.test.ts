// SPDX-License-Identifier: Apache-2.0
// inputs: guest/image src/tools/guest src/tools/apt src/steps recipes/kconfig patches/linux-6.12 kernel-overlay qemu-overlay patches/qemu-7.2
// tools: aarch64-linux-gnu-gcc make gcc meson ninja
// labs: linux-6.12 qemu-7.2
// minutes: 8
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { freePort } from '../../helpers/board/ssh-board.ts';
import { runCli } from '../../helpers/cli.ts';
import { emulationKernel } from '../../helpers/emulate/emulate-trees.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';

const GIB = 2 ** 30;
const folder = await mkdtemp(join(tmpdir(), 'bpmp-image-'));
const at = (name: string) => join(folder, name);
afterAll(() => rm(folder, { recursive: true, force: true }));

type Guest = {
  readonly log: string;
  readonly port: number;
  readonly ended: () => Promise<number | undefined>;
};

/** Use the machine of the documented command, emulated and without the BPMP, and have it end itself. Its console is the file `log`. */
async function withGuest(log: string, use: (guest: Guest) => Promise<void>): Promise<void> {
  const { image } = await emulationKernel();
  const { binary } = await labQemu({ version: '7.2' });
  const port = await freePort();
  const machine = [
    '-machine',
    'virt,gic-version=3',
    '-cpu',
    'max,pauth-impdef=on',
    '-smp',
    '2',
    '-m',
    '512M',
  ];
  const words = [...machine, '-display', 'none', '-no-reboot', '-serial', `file:${log}`, '-kernel', image];
  const append = ['-append', 'rootwait root=/dev/vda console=ttyAMA0'];
  const drive = ['-drive', `file=${at('guest.raw')},if=virtio,format=raw`];
  const network = ['-net', `user,hostfwd=tcp:127.0.0.1:${port}-:22`, '-net', 'nic'];
  const options = { reject: false, stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' } as const;
  const child = execa(binary, [...words, ...append, ...drive, ...network], options);
  try {
    await use({ log, port, ended: async () => (await child).exitCode });
  } finally {
    child.kill();
    await child;
  }
}

/** Wait until the console says `what`; fails with its last lines. */
async function consoleSays({ log }: Guest, what: RegExp, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let text = '';
  while (Date.now() < end) {
    text = await readFile(log, 'latin1').catch(() => '');
    if (what.test(text)) return;
    await sleep(500);
  }
  throw new Error(`the console does not say ${what} in ${seconds} s:\n${text.slice(-3000)}`);
}

/** What a command of the user says; its login may take a while to be there. */
async function ssh({ port }: Guest, ...command: readonly string[]): Promise<string> {
  const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const options = [...settings, 'ConnectionAttempts=60'].flatMap((setting) => ['-o', setting]);
  const words = ['-F', 'none', '-i', at('key'), '-p', `${port}`, ...options, 'me@127.0.0.1'];
  return (await execa('ssh', [...words, ...command], { timeout: 180_000 })).stdout;
}

const checked = async () => (await execa('e2fsck', ['-fn', at('guest.raw')], { reject: false })).exitCode;
const switchOff = async (guest: Guest) => {
  await ssh(guest, 'sudo', 'poweroff').catch(() => undefined);
  expect(await guest.ended()).toBe(0);
  expect(await checked()).toBe(0);
};

test('an image of Debian boots with the documented words, grows, and lets its user in with the key', async () => {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('key')]);
  const words = ['--out', at('guest.raw'), '--size', '1G', '--user', 'me', '--key', at('key.pub')];
  const made = await runCli(['image', 'guest', ...words]);
  expect(`${made.code} ${made.stderr}`).toMatch(/^0 /);
  expect(await checked()).toBe(0);
  await truncate(at('guest.raw'), 2 * GIB);

  let id = '';
  await withGuest(at('first.log'), async (guest) => {
    await consoleSays(guest, /bpmp-virt: first boot done/, 900);
    await consoleSays(guest, /guest login:/, 180);
    const [blocks = 0, bytes = 0] = (await ssh(guest, 'stat', '-f', '-c', "'%b %S'", '/'))
      .split(' ')
      .map(Number);
    expect(blocks * bytes).toBeGreaterThan(1.8 * GIB);
    expect((await ssh(guest, 'id', '-nG')).split(' ')).toContain('dialout');
    expect(await ssh(guest, 'sudo', 'cat', '/etc/shadow')).not.toMatch(/^[^:]+:[^*!:]/m);
    expect(await ssh(guest, 'dpkg', '--audit')).toBe('');
    id = await ssh(guest, 'cat', '/etc/machine-id');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await switchOff(guest);
  });

  await withGuest(at('second.log'), async (guest) => {
    await consoleSays(guest, /guest login:/, 180);
    expect(await readFile(guest.log, 'latin1')).not.toContain('first boot');
    expect(await ssh(guest, 'cat', '/etc/machine-id')).toBe(id);
    await switchOff(guest);
  });
});
