// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type Tree, writeTree } from '../../helpers/board/board-tree.ts';
import {
  board,
  deploy,
  expectSafe,
  reset,
  restart,
  started,
  succeed,
  tree,
  useBoard,
} from '../../helpers/board/deploy-board.ts';

useBoard();

let boots = 0;
/** The board restarts into what its menu starts, or, where UEFI does not do what the menu says, into its own kernel. */
async function boot(how: 'as the menu says' | 'its own', changes: Tree = {}): Promise<void> {
  boots += 1;
  if (how === 'as the menu says') restart();
  else writeTree(board.root, { 'proc/cmdline': 'root=PARTUUID=1 rw\n' });
  writeTree(board.root, { 'proc/sys/kernel/random/boot_id': `boot-${boots}\n`, ...changes });
  if (how === 'its own') return;
  // The service that ends a trial runs in the root file system that our kernel has mounted.
  const script = readFileSync(join(board.root, 'opt/bpmp-virt/deploy.sh'), 'utf8');
  await execa('sh', ['-c', script, 'deploy.sh', 'end-trial'], { env: { BPMP_VIRT_ROOT: board.root } });
}
const refusal = async (...words: string[]) => (await deploy(...words)).error?.message;

test('armed, not started, disarmed, armed again, started, confirmed: each is said over ssh, and there is no circle', async () => {
  reset({ 'proc/sys/kernel/random/boot_id': 'boot-0\n' });
  expect(await succeed('--status')).toMatch(/^entry {3}none$/m);
  await succeed('--boot-next');
  expect(await succeed('--status')).toMatch(/^entry .*: started at the next boot only$/m);
  expect(await succeed('--boot-next')).toBe('nothing to do');

  await boot('its own');
  const status = await succeed('--status');
  expect(status).toMatch(/^failed {2}UEFI did not start the entry [0-9a-f]{12}/m);
  expect(status).toContain('- UEFI read no extlinux.conf, or another one');
  expect(status).toContain('`deploy TARGET` puts DEFAULT back');
  const before = tree();
  for (const word of ['--confirm', '--boot-next'])
    expect(await refusal(word), word).toContain('UEFI did not start the entry');
  expect(tree()).toEqual(before);
  expect(JSON.parse(await succeed('--status', '--json')).entry).toMatchObject({ outcome: 'not-started' });

  expect(await succeed()).toContain('DEFAULT is what it was before');
  expectSafe();
  expect(await succeed('--status')).not.toContain('failed');
  await succeed('--boot-next');
  expect(started()).toBe('bpmp-virt');
  await boot('as the menu says');
  expectSafe();
  expect(await succeed('--status')).toMatch(/^entry .*, running now: in the boot menu/m);
  await succeed('--confirm');
  await boot('as the menu says');
  expect(started()).toBe('bpmp-virt');
  expect(await succeed('--status')).toMatch(/^entry .*, running now: started at every boot$/m);

  // A confirmed entry that UEFI passes over is said too, and stays what its owner made it.
  await boot('its own');
  expect(await succeed('--status')).toContain('failed  UEFI did not start the entry');
  expect(await refusal('--boot-next')).toContain('UEFI did not start the entry');
  expect(await succeed()).toBe('nothing to do');
  expect(started()).toBe('bpmp-virt');
});

test('the reason that can be seen comes first: a kernel that is gone, secure boot', async () => {
  reset({ 'proc/sys/kernel/random/boot_id': 'boot-x\n' });
  await succeed('--boot-next');
  const image = Object.keys(tree()).find((path) => /^\/boot\/bpmp-virt\/.*\/Image$/.test(path)) ?? '';
  await boot('its own', {
    [image.slice(1)]: { link: 'gone' },
    'sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': '\x06\0\0\0\x01',
  });
  const [, ...why] = (await succeed('--status')).split('\n').filter((line) => /^(?:failed| {8}-)/.test(line));
  expect(why[0]).toContain(`${image} is not there`);
  expect(why[1]).toContain('secure boot is on');
});
