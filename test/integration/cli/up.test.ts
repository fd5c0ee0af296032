// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test, vi } from 'vitest';
import type { BuildRequest } from '../../../src/cli/actions/run-build.ts';
import { upCommand } from '../../../src/cli/commands/up.ts';
import { renderRunScript } from '../../../src/launch/run-script.ts';
import { vmSettings } from '../../../src/launch/vm-settings.ts';
import {
  CONFIG,
  HEALTHY,
  kernelConfig,
  writeKernelTee,
  writesOf,
  writeTree,
} from '../../helpers/board/board-tree.ts';
import { board, bundle, reset, started, tree, useBoard, verb } from '../../helpers/board/deploy-board.ts';
import { ABLE, manifestOf } from '../../helpers/board/facts.ts';
import { sharedConfig, twin } from '../../helpers/board/several-boards.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const built = vi.hoisted(() => vi.fn(async (_request: BuildRequest) => undefined));
vi.mock('../../../src/cli/actions/run-build.ts', () => ({ runBuild: built, showDecisions: built }));

const BOARD = join(import.meta.dirname, '../../../board');
/** The board's / is a folder: what is below /opt/bpmp-virt on a board is below that. */
const ENV = `#!/bin/sh
while [ "\${1%%=*}" != "$1" ]; do
	case $1 in
	BPMP_VIRT_BUNDLE=/*) export "BPMP_VIRT_BUNDLE=$BPMP_VIRT_ROOT\${1#*=}" ;;
	*) export "\${1?}" ;;
	esac
	shift
done
case $1 in
/opt/*) program=$BPMP_VIRT_ROOT$1; shift; exec "$program" "$@" ;;
esac
exec "$@"
`;
/** What firmware and kernel do: the entry of DEFAULT is started, with its arguments. */
const REBOOT = `#!/bin/sh
conf=$BPMP_VIRT_ROOT/boot/extlinux/extlinux.conf
awk '$1 == "DEFAULT" { label = $2 } $1 == "LABEL" { at = $2 } $1 == "APPEND" && at == label { sub(/^ *APPEND /, ""); print }' "$conf" \\
	>"$BPMP_VIRT_ROOT/proc/cmdline"
echo second >"$BPMP_VIRT_ROOT/proc/sys/kernel/random/boot_id"
`;
const QEMU = `#!/bin/sh
case $* in
'-sandbox on -version') exit 0 ;;
*version) echo 'QEMU emulator version 7.2.22' ;;
*help*) printf 'name "%s", bus System\\n' vfio-platform nvidia-bpmp-guest ;;
*) printf '%s\\n' "$@" >"$BPMP_VIRT_ROOT/qemu-argv" ;;
esac
`;

useBoard();
beforeEach(async () => {
  built.mockClear();
  reset({ ...HEALTHY, 'proc/sys/kernel/random/boot_id': 'first\n', 'proc/cmdline': 'root=PARTUUID=1\n' });
  writeFileSync(join(board.root, 'proc/config.gz'), kernelConfig(CONFIG));
  writeKernelTee(board.bin, board.root);
  writeTree(bundle.path, { 'rootfs_ubuntu_nvidia_orin.img.raw': 'a disk' });
  const launcher = readFileSync(join(BOARD, 'run-vm.sh'), 'utf8');
  const files = {
    'run-vm.sh': renderRunScript(launcher, vmSettings({}), 'test'),
    'doctor.sh': readFileSync(join(BOARD, 'doctor.sh'), 'utf8'),
    'qemu-system-aarch64': QEMU,
  };
  for (const [name, text] of Object.entries(files)) {
    rmSync(join(bundle.path, name), { force: true });
    writeFileSync(join(bundle.path, name), text, { mode: 0o755 });
  }
  await execa('dtc', ['-q', '-o', join(bundle.path, 'guest.dtb'), '-'], {
    input: '/dts-v1/; / { bpmp { compatible = "x"; virtual-pa = <0x0 0x090c0000>; }; };',
  });
  for (const [name, text] of Object.entries({ env: ENV, reboot: REBOOT }))
    writeFileSync(join(board.bin, name), text, { mode: 0o755 });
});

const image = () => readFileSync(join(bundle.path, 'Image'), 'latin1');

function up(...words: string[]) {
  const work = tmpDir('up');
  symlinkSync(bundle.path, join(work, 'bundle'));
  const reach = ['--target', board.target, '--ssh-config', board.sshConfig, '--work', work];
  return verb(upCommand, ['debian-6.12', ...reach, '--device', 'uarta', '--set', 'VM_MEMORY=512M', ...words]);
}

test('builds, deploys, restarts into the entry once, examines, says how to wire, and runs', async () => {
  const { out, error } = await up();
  expect([error, out]).toEqual([undefined, expect.any(String)]);
  expect(built.mock.calls[0]?.[0]).toMatchObject({ recipe: 'debian-6.12', devices: ['uarta'] });
  const marks = [
    'send    /boot/bpmp-virt/',
    'restarting into the entry, once',
    'ok    kernel',
    'UART1_TX',
    'picocom -b 9600',
  ];
  const places = marks.map((mark) => out.indexOf(mark));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(started()).toBe('bpmp-virt');
  const argv = readFileSync(join(board.root, 'qemu-argv'), 'utf8').split('\n');
  expect(argv).toEqual(expect.arrayContaining(['-m', '512M', 'vfio-platform,host=3100000.serial']));
  expect(writesOf(board.root).at(-1)).toBe('3100000.serial > /sys/bus/platform/drivers/serial-tegra/bind');
});

test('a board that comes back with its own kernel is told from one that runs ours; nothing is run', async () => {
  writeFileSync(
    join(board.bin, 'reboot'),
    '#!/bin/sh\necho second >"$BPMP_VIRT_ROOT/proc/sys/kernel/random/boot_id"\n',
    {
      mode: 0o755,
    },
  );
  const { error } = await up();
  expect(error?.message).toContain('the board came back with its own kernel, 6.12.5-bpmp');
  expect(writesOf(board.root)).toEqual([]);
});

test('a board that does not come back is waited for as long as was said', async () => {
  writeFileSync(join(board.bin, 'reboot'), '#!/bin/sh\n', { mode: 0o755 });
  const { error } = await up('--wait', '1');
  expect(error?.message).toContain('the board has not come back within 1 s');
});

test('a bundle whose kernel cannot boot the board is refused before the board is touched', async () => {
  const before = tree();
  const small = { ...ABLE, for: 'emulation', lacks: ['CONFIG_MMC', 'CONFIG_BLK_DEV_NVME'] } as const;
  writeTree(bundle.path, { 'manifest.json': manifestOf(image(), small) });
  expect((await up()).error?.message).toContain('boots no Orin');
  writeTree(bundle.path, { 'manifest.json': manifestOf(image()) });
  writeTree(board.root, { 'proc/device-tree/compatible': 'nvidia,p3768-0000+p3767-0005\0' });
  expect((await up()).error?.message).toContain('the board is nvidia,p3768-0000+p3767-0005');
  expect({ ...tree(), '/proc/device-tree/compatible': '' }).toEqual({
    ...before,
    '/proc/device-tree/compatible': '',
  });
  expect(readFileSync(join(board.root, 'proc/sys/kernel/random/boot_id'), 'utf8')).toBe('first\n');
});

test('a board that nobody reaches is said before anything is built', async () => {
  const { error } = await verb(upCommand, ['debian-6.12', '--target', 'ssh://root@127.0.0.1:1']);
  expect(error?.message).toContain('no connection to root@127.0.0.1');
  expect(built).not.toHaveBeenCalled();
});

test('of many boards none of which is reached: said before anything is built', async () => {
  const words = ['--target', 'ssh://root@127.0.0.1:1', '--target', 'ssh://root@127.0.0.1:2'];
  const { out, error } = await verb(upCommand, ['debian-6.12', ...words]);
  expect(error?.message).toContain('2 of 2 boards failed');
  expect(out).toMatch(/^ssh:\/\/root@127\.0\.0\.1:2 {2}not reached yet: no connection/m);
  expect(built).not.toHaveBeenCalled();
});

test('what the doctor finds ends it before anything is taken from the board', async () => {
  writeFileSync(join(board.root, 'proc/config.gz'), kernelConfig('VFIO'));
  const { out, error } = await up();
  expect(error?.message).toMatch(/of \d+ checks failed/);
  expect(out).not.toContain('picocom');
  expect(writesOf(board.root)).toEqual([]);
});

test('many boards at once: one that fails stops none of the others, each has its lines, its log and its audit', async () => {
  writeTree(board.root, { 'proc/device-tree/serial-number': '1420000000001\0' });
  const other = await twin({ 'proc/device-tree/serial-number': '1420000000002\0' });
  // This one does not come back.
  writeFileSync(join(board.bin, 'reboot'), '#!/bin/sh\n', { mode: 0o755 });
  const work = tmpDir('up-many');
  symlinkSync(bundle.path, join(work, 'bundle'));
  const config = join(work, 'ssh.conf');
  writeFileSync(config, sharedConfig([board, other]));
  writeFileSync(join(work, 'boards.yaml'), `- ${other.target}\n- ssh://root@127.0.0.1:1\n`);
  try {
    const words = ['debian-6.12', '--ssh-config', config, '--work', work, '--wait', '6'];
    const { out, error } = await verb(upCommand, [
      ...words,
      ...['--target', board.target, '--targets', join(work, 'boards.yaml')],
    ]);
    expect(built).toHaveBeenCalledTimes(1);
    expect(out.split('\n')[0]).toMatch(/^ssh:\/\/root@127\.0\.0\.1:1 {2}not reached yet: no connection/);
    expect(error?.message).toContain('2 of 3 boards failed');
    expect(error?.message).not.toContain(other.target);
    expect(out).toMatch(new RegExp(`^${other.target} {2}up \\(\\d+ s, serial 1420000000002\\)`, 'm'));
    expect(out).toMatch(
      new RegExp(`^${board.target} {2}failed while restarting: the board has not come back`, 'm'),
    );
    expect(out).toContain('1 of 3 boards are up');
    const audit = readFileSync(join(work, 'logs/audit.jsonl'), 'utf8').trimEnd().split('\n');
    const lines = audit.map((line) => JSON.parse(line));
    expect(lines.map(({ target, serial, result, phase }) => [target, serial, result, phase]).sort()).toEqual(
      [
        [board.target, '1420000000001', 'failed', 'restarting'],
        ['ssh://root@127.0.0.1:1', '', 'failed', 'looking'],
        [other.target, '1420000000002', 'up', 'examining'],
      ].sort(),
    );
    expect(new Set(lines.map(({ bundle: id }) => id)).size).toBe(1);
    // At once: each began before the first of the two that were reached had ended.
    const began = Math.max(...lines.map((line) => Date.parse(line.began)));
    expect(began).toBeLessThan(
      Math.min(...lines.filter(({ serial }) => serial !== '').map((line) => Date.parse(line.ended))),
    );
    const logs = readdirSync(join(work, 'logs')).filter((name) => name.endsWith('.log'));
    expect(logs).toHaveLength(3);
    expect(writesOf(other.root)).toEqual([]);
  } finally {
    await other.close();
  }
});

test.each([
  [[], 'no board is named'],
  [['--target', 'ssh://root@a', '--target', 'ssh://root@a'], 'named twice'],
  [['--target', 'ssh://root@a', '--target', 'root@b'], 'not a target'],
  [['--targets', '/dev/null'], 'not a regular file'],
] as const)('boards that are named wrongly are refused before anything is built: %j', async (words, says) => {
  const { error } = await verb(upCommand, ['debian-6.12', ...words]);
  expect(error?.message).toContain(says);
  expect(built).not.toHaveBeenCalled();
});

test.each(['{}', 'a: b', '- 1', '- [', ''])('a list that is none is refused: %j', async (text) => {
  const file = join(tmpDir('targets'), 'boards.yaml');
  writeFileSync(file, text);
  const { error } = await verb(upCommand, ['debian-6.12', '--targets', file]);
  expect(error?.message).toMatch(/is not a list of targets|is not YAML/);
  expect(built).not.toHaveBeenCalled();
});
