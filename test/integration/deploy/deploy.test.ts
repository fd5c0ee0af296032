// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { deployCommand } from '../../../src/cli/commands/deploy.ts';
import { doctorCommand } from '../../../src/cli/commands/doctor.ts';
import { runCommand } from '../../../src/cli/commands/run.ts';
import type { Finding } from '../../../src/deploy/finding.ts';
import { EnvironmentError } from '../../../src/errors.ts';
import type { Tree } from '../../helpers/board/board-tree.ts';
import {
  board,
  bundle,
  conf,
  deploy,
  deployHere,
  expectSafe,
  onBoard,
  reset,
  restart,
  STOCK,
  started,
  succeed,
  tree,
  useBoard,
  verb,
} from '../../helpers/board/deploy-board.ts';
import { EXTLINUX_FILES } from '../../helpers/board/extlinux-files.ts';
import { ABLE, manifestOf, sum } from '../../helpers/board/facts.ts';
import { readAsUefi } from '../../helpers/board/uefi-extlinux.ts';

useBoard();

test('adds files and an entry, changes nothing a second time, and leaves no trace when undone', async () => {
  const before = tree();
  const dry = await succeed('--dry-run');
  expect(dry).toContain('send    /boot/bpmp-virt/');
  expect(tree()).toEqual(before);

  await succeed();
  expectSafe();
  const after = tree();
  for (const [path, content] of Object.entries(before))
    if (path !== '/boot/extlinux/extlinux.conf') expect(after[path]).toBe(content);
  const entry = readAsUefi(conf()).entries.at(-1);
  expect(entry?.['APPEND']).toContain(
    'root=PARTUUID=1 rw rootwait vfio_platform.reset_required=0 vfio_iommu',
  );
  expect(after[entry?.['LINUX'] ?? '']).toBe(readFileSync(join(bundle.path, 'Image'), 'latin1'));
  expect(Object.keys(after)).toEqual(
    expect.arrayContaining([
      '/opt/bpmp-virt/run-vm.sh',
      '/opt/bpmp-virt/deploy.sh',
      '/opt/bpmp-virt/Image',
      '/lib/modules/6.12.5-bpmp/kernel/x.ko',
      '/etc/systemd/system/bpmp-virt-uarta.service',
    ]),
  );
  expect(after['/opt/bpmp-virt/deploy.sh']).toMatch(/^x /);
  expect(backups()).toEqual([STOCK]);
  expect(await succeed('--status')).toContain('in the boot menu, not started by itself');

  board.cutAfter(undefined);
  expect(await succeed()).toBe('nothing to do');
  expect(tree()).toEqual(after);

  await succeed('--undo');
  expect(tree()).toEqual(before);
  expect(existsSync(join(board.root, 'opt/bpmp-virt'))).toBe(false);
  expect(existsSync(join(board.root, 'boot/bpmp-virt'))).toBe(false);
  expect(await succeed('--undo')).toBe('nothing to do');
});

/** Copies of the boot menu as it was before us. */
const backups = () =>
  readdirSync(join(board.root, 'boot/extlinux'))
    .filter((name) => /^extlinux\.conf\.bpmp-virt-\d{8}T\d{6}Z$/.test(name))
    .map((name) => readFileSync(join(board.root, 'boot/extlinux', name), 'latin1'));

/** The shapes that boards have; what else a person may write is tested without a board. */
const SHAPES = /^(with FDT|with entries of jetson-io|nine entries|CRLF|no APPEND|slot B of A\/B)$/;
test.each(EXTLINUX_FILES.filter(([what]) => SHAPES.test(what)))(
  'a board with this boot menu: %s',
  async (_, text, append, initrd) => {
    reset({ 'boot/extlinux/extlinux.conf': text, 'proc/cmdline': 'root=/dev/mmcblk0p1 rw\n' });
    const before = readAsUefi(text);
    await succeed();
    const { entries, ...rest } = readAsUefi(conf());
    expect({ ...rest, entries: entries.slice(0, -1) }).toEqual(before);
    const id = readdirSync(join(board.root, 'boot/bpmp-virt'))[0];
    const ours = entries.at(-1) ?? {};
    expect(ours).toMatchObject({ LABEL: 'bpmp-virt', LINUX: `/boot/bpmp-virt/${id}/Image` });
    expect(ours['APPEND']).toBe(
      `${append} vfio_platform.reset_required=0 vfio_iommu_type1.allow_unsafe_interrupts=1 bpmp_virt.entry=${id}`,
    );
    expect(ours['INITRD']).toBe(initrd);
    for (const file of [ours['LINUX'], ours['FDT'], ours['OVERLAYS']])
      expect(existsSync(join(board.root, file ?? 'none'))).toBe(true);
    expect(backups()).toEqual([text]);
    await succeed('--undo');
    expect(conf()).toBe(text);
  },
);

test('sends only what differs', async () => {
  await succeed();
  board.cutAfter(undefined);
  writeFileSync(join(board.root, 'opt/bpmp-virt/run-vm.sh'), 'changed by hand');
  const out = await succeed();
  const [saved, ...rest] = out.split('\n');
  expect(saved).toContain('run-vm.sh, which somebody has changed, as /opt/bpmp-virt/run-vm.sh.saved-');
  expect(rest).toEqual(['send    /opt/bpmp-virt/run-vm.sh (1 KiB)']);
  // Three connections and one agent each, but not the Image.
  expect(board.bytes()).toBeLessThan(80 * 1024);
});

test('a boot on trial happens once; a confirmed entry stays; another kernel has to prove itself again', async () => {
  await succeed('--boot-next');
  expect(started()).toBe('bpmp-virt');
  expect(await succeed('--status')).toContain('started at the next boot only');
  expect(await succeed()).toBe('nothing to do');

  const end = [
    '-c',
    readFileSync(join(board.root, 'opt/bpmp-virt/deploy.sh'), 'utf8'),
    'deploy.sh',
    'end-trial',
  ];
  await execa('sh', end, { env: { BPMP_VIRT_ROOT: board.root } });
  expectSafe();
  expect(await succeed()).toBe('nothing to do');

  // What has not been seen to boot is not made permanent.
  expect((await deploy('--confirm')).error?.message).toContain('does not run this entry');
  expectSafe();
  await succeed('--boot-next');
  restart();
  await execa('sh', end, { env: { BPMP_VIRT_ROOT: board.root } });
  expect(await succeed('--status')).toMatch(/^entry .*, running now: in the boot menu/m);
  await succeed('--confirm');
  expect(started()).toBe('bpmp-virt');
  await execa('sh', end, { env: { BPMP_VIRT_ROOT: board.root } });
  expect(started()).toBe('bpmp-virt');
  expect(await succeed()).toBe('nothing to do');

  const [image, manifest] = ['Image', 'manifest.json'].map((name) => readFileSync(join(bundle.path, name)));
  try {
    writeFileSync(join(bundle.path, 'Image'), 'another kernel');
    // Another Image than the manifest's: whether it boots cannot be seen.
    expect((await deploy()).error?.message).toContain('does not say what its Image can');
    writeFileSync(join(bundle.path, 'manifest.json'), manifestOf('another kernel'));
    expect(await succeed()).toContain('until you confirm this one');
    expectSafe();
    expect(readdirSync(join(board.root, 'boot/bpmp-virt'))).toHaveLength(1);
  } finally {
    writeFileSync(join(bundle.path, 'Image'), image ?? '');
    writeFileSync(join(bundle.path, 'manifest.json'), manifest ?? '');
  }
  await succeed('--undo');
  expect(conf()).toBe(STOCK);
});

test('--reboot restarts the board once all is in place, and not in a dry run', async () => {
  writeFileSync(
    join(board.bin, 'reboot'),
    `#!/bin/sh\ncp "$BPMP_VIRT_ROOT/boot/extlinux/extlinux.conf" "$BPMP_VIRT_ROOT/rebooted"\n`,
    {
      mode: 0o755,
    },
  );
  const rebooted = join(board.root, 'rebooted');
  await succeed('--boot-next', '--reboot', '--dry-run');
  await sleep(2_000);
  expect(existsSync(rebooted)).toBe(false);
  await succeed('--boot-next', '--reboot');
  for (let i = 0; i < 100 && !existsSync(rebooted); i += 1) await sleep(100);
  expect(readFileSync(rebooted, 'latin1')).toBe(conf());
  expect(started()).toBe('bpmp-virt');
});

describe('refuses, and changes nothing:', () => {
  const cases: readonly [what: string, changes: Tree, message: RegExp][] = [
    ['no Jetson', { 'etc/nv_tegra_release': '' }, /not Jetson Linux/],
    ['r35', { 'etc/nv_tegra_release': '# R35 (release), REVISION: 4.1, GCID\n' }, /36\.x is needed/],
    [
      'secure boot',
      { 'sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': '\x06\0\0\0\x01' },
      /secure boot/,
    ],
    [
      'boot mode 2',
      {
        'sys/firmware/efi/efivars/L4TDefaultBootMode-781e084c-a330-417c-b678-38e696380cb9': '\x07\0\0\0\x02',
      },
      /boot mode 2/,
    ],
    ['a mounted /boot', { 'proc/mounts': '/dev/a / ext4 x\n/dev/nvme0n1p10 /boot vfat x\n' }, /nvme0n1p10/],
    ['a root in memory', { 'proc/mounts': 'overlayroot / overlay rw 0 0\n' }, /gone at the next boot/],
    [
      'a root that UEFI does not read',
      { 'proc/mounts': '/dev/a / btrfs rw 0 0\n' },
      /is btrfs: UEFI reads ext4/,
    ],
    ['another board', { 'proc/device-tree/compatible': 'nvidia,p3768-0000+p3767-0005\0' }, /p3767/],
    ['ten entries', { 'boot/extlinux/extlinux.conf': `${STOCK}${'LABEL x\n'.repeat(9)}` }, /10 entries/],
    [
      'an INITRD that is gone',
      { 'boot/initrd': { link: 'gone' } },
      /INITRD \/boot\/initrd is not on the board/,
    ],
    ['no extlinux', { 'boot/extlinux/extlinux.conf': { link: 'gone' } }, /no \/boot\/extlinux/],
  ];
  test.each(cases)('%s', async (_, changes, message) => {
    reset(changes);
    const before = tree();
    const { error } = await deploy();
    expect(error?.message).toMatch(message);
    expect(tree()).toEqual(before);
  });

  test.each([
    ['TIMEOUT 0', /for 0 s/],
    ['TIMEOUT 10', /for 1 s/],
    ['', /for 0 s/],
  ] as const)('a trial without a menu to get out of it: %s', async (line, message) => {
    reset({ 'boot/extlinux/extlinux.conf': STOCK.replace('TIMEOUT 30', line) });
    const before = tree();
    expect((await deploy('--boot-next')).error?.message).toMatch(message);
    expect(tree()).toEqual(before);
    await succeed();
    expectSafe();
  });

  test('a bundle whose kernel boots no Orin, as the demo leaves it, and one that does not say', async () => {
    const manifest = join(bundle.path, 'manifest.json');
    const whole = readFileSync(manifest, 'utf8');
    const image = readFileSync(join(bundle.path, 'Image'), 'latin1');
    const before = tree();
    try {
      const small = { ...ABLE, for: 'emulation' as const, lacks: ['CONFIG_EFI'] };
      writeFileSync(manifest, manifestOf(image, small));
      for (const words of [[], ['--boot-next'], ['--dry-run']])
        expect((await deploy(...words)).error?.message).toContain('boots no Orin: it lacks CONFIG_EFI');
      writeFileSync(manifest, '{}');
      expect((await deploy('--boot-next')).error?.message).toContain('does not say what its Image can');
    } finally {
      writeFileSync(manifest, whole);
    }
    expect(tree()).toEqual(before);
  });

  test('a board whose host key is not the known one', async () => {
    const known = readFileSync(board.sshConfig, 'utf8').replace(
      /UserKnownHostsFile .*/,
      'UserKnownHostsFile /dev/null',
    );
    const config = join(board.root, 'ssh.conf');
    writeFileSync(config, known);
    const before = tree();
    const { error } = await verb(deployCommand, [
      ...[board.target, '--ssh-config', config, '--bundle', bundle.path],
    ]);
    expect(error?.message).toContain('Host key verification failed');
    expect(tree()).toEqual(before);
  });

  test('a slot that is not the one to boot next', async () => {
    writeFileSync(
      join(board.bin, 'nvbootctrl'),
      '#!/bin/sh\n[ "$3" != get-current-slot ] || { echo 0; exit; }\necho "Active rootfs slot: B"\n',
      { mode: 0o755 },
    );
    expect((await deploy()).error?.message).toMatch(/another slot/);
  });

  test('too little space', async () => {
    writeFileSync(join(board.bin, 'df'), '#!/bin/sh\nprintf "x\\n/dev/x 1 1 16500 1%% /\\n"\n', {
      mode: 0o755,
    });
    expect((await deploy()).error?.message).toMatch(/16 MiB free/);
  });
});

test('doctor looks at the board over ssh, and says what fixes it', async () => {
  const { out, error } = await verb(doctorCommand, [
    '--target',
    board.target,
    '--ssh-config',
    board.sshConfig,
  ]);
  expect(out).toMatch(/^ok +release +Jetson Linux: R36 \(release\), REVISION: 3\.0$/m);
  expect(out).toMatch(/^fail +policy .*\n +-> boot with this bundle's host\.dtbo/m);
  expect(error).toBeInstanceOf(EnvironmentError);
  expect(error?.message).toMatch(/of \d+ checks failed/);

  const json = await verb(doctorCommand, [
    ...['--json', '--target', board.target, '--ssh-config', board.sshConfig],
  ]);
  const findings = JSON.parse(json.out) as readonly Finding[];
  // This board shows no EFI variables: nobody can tell.
  expect(findings.find(({ check }) => check === 'secure-boot')).toMatchObject({ state: 'warn' });
  expect(findings.filter(({ state, fix }) => state === 'fail' && fix === '-')).toEqual([]);
});

/** The board's / is a folder: the launcher that `run` names is in it. */
function writeEnv(): void {
  const env = `#!/bin/sh
while [ "\${1%%=*}" != "$1" ]; do export "\${1?}"; shift; done
program=$BPMP_VIRT_ROOT$1; shift; exec "$program" "$@"
`;
  writeFileSync(join(board.bin, 'env'), env, { mode: 0o755 });
}

test('run hands settings to the launcher on the board, and its refusal is ours', async () => {
  const script = `#!/bin/sh\nprintf '%s|' "$VM_MEMORY" "$VM_APPEND" "$@" >'${board.root}/ran'\nexit \${VM_SMP:-0}\n`;
  writeFileSync(join(board.root, 'run-vm.sh'), script, { mode: 0o755 });
  writeEnv();
  const words = ['--target', board.target, '--ssh-config', board.sshConfig, '--bundle', '/'];
  const set = ['--set', 'VM_MEMORY=2G', '--set', "VM_APPEND=it's a test"];
  expect((await verb(runCommand, [...words, ...set, '--dry-run'])).error).toBe(undefined);
  expect(readFileSync(join(board.root, 'ran'), 'utf8')).toBe("2G|it's a test|--dry-run|");
  expect((await verb(runCommand, [...words, '--set', 'VM_SMP=3'])).error?.message).toBe(
    'run-vm.sh ended with 3',
  );
  expect((await verb(runCommand, [...words, '--set', 'PATH=x'])).error?.message).toContain(
    'is not a setting',
  );
  expect((await verb(runCommand, [])).error?.message).toContain('where is the machine to run?');
});

test('run starts nothing where the bundle on the board is not as its SHA256SUMS has it, and names the files', async () => {
  const launcher = `#!/bin/sh\necho ran >>'${board.root}/ran'\n`;
  const sums = [
    'Image',
    'guest.dtb',
    'host.dtbo',
    'modules/lib/modules/6.12.5-bpmp/kernel/x.ko',
    'run-vm.sh',
  ];
  const old = readFileSync(join(bundle.path, 'run-vm.sh'));
  rmSync(join(bundle.path, 'run-vm.sh'));
  writeFileSync(join(bundle.path, 'run-vm.sh'), launcher, { mode: 0o755 });
  const list = sums.map((name) => `${sum(readFileSync(join(bundle.path, name), 'latin1'))}  ${name}\n`);
  writeFileSync(join(bundle.path, 'SHA256SUMS'), list.join(''));
  const on = (name: string) => join(board.root, 'opt/bpmp-virt', name);
  writeEnv();
  const run = async (...target: string[]) =>
    (await onBoard(() => verb(runCommand, ['--target', ...target]))).error;
  const put = async () => expect((await deployHere()).error).toBe(undefined);
  try {
    expect((await run('local'))?.message).toBe('there is no bundle in /opt/bpmp-virt of local');
    await put();
    // On a board deploy has put some files elsewhere, where they are others' affair.
    expect(await run('local')).toBe(undefined);
    expect(readFileSync(join(board.root, 'ran'), 'utf8')).toBe('ran\n');
    rmSync(on('guest.dtb'));
    writeFileSync(on('Image'), 'half');
    const error = await run(board.target, '--ssh-config', board.sshConfig);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error?.message).toMatch(/: Image, guest\.dtb \(missing, or not to be read\)$/);
    expect((error as EnvironmentError).hint).toContain(`bpmp-virt deploy ${board.target}`);
    writeFileSync(on('SHA256SUMS'), 'cut of');
    expect((await run('local'))?.message).toContain('not a sum and a name');
    await put();
    expect(await run('local')).toBe(undefined);
    expect(readFileSync(join(board.root, 'ran'), 'utf8')).toBe('ran\nran\n');
  } finally {
    writeFileSync(join(bundle.path, 'run-vm.sh'), old);
    rmSync(join(bundle.path, 'SHA256SUMS'));
  }
});

test('a target that ssh does not reach', async () => {
  const words = ['ssh://root@127.0.0.1:1', '--ssh-config', board.sshConfig, '--status'];
  expect((await verb(deployCommand, words)).error?.message).toContain('no connection to root@127.0.0.1');
  expect((await verb(deployCommand, ['root@board', '--status'])).error?.message).toContain('is not a target');
  expect((await verb(deployCommand, ['ssh://-oProxyCommand=x', '--status'])).error?.message).toContain(
    'is not a target',
  );
});
