// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { flashCommand } from '../../../src/cli/commands/flash.ts';
import { StepError } from '../../../src/errors.ts';
import { FLASH_SIGNATURES } from '../../../src/flash/flash-signatures.ts';
import { type Tree, writeTree } from '../../helpers/board/board-tree.ts';
import { ABLE, manifestOf } from '../../helpers/board/facts.ts';
import { FLASH_REPORTS } from '../../helpers/board/flash-reports.ts';
import { readAsUefi, startedByUefi } from '../../helpers/board/uefi-extlinux.ts';

/** What the person at the terminal answers next, and what was asked. */
const { answers, questions } = vi.hoisted(() => ({ answers: [] as string[], questions: [] as string[] }));
vi.mock('node:readline/promises', () => ({
  createInterface: () => ({
    question: async (text: string) => {
      questions.push(text);
      return answers.shift() ?? '';
    },
    close: () => undefined,
  }),
}));

// NVIDIA's scripts take no space in a path, so this folder has none.
let folder: string;
const at = (path: string) => join(folder, path);

/** A script of NVIDIA's that says how it was called, and ends as the test wants. */
const STUB = (name: string, more = '') => `#!/bin/sh
printf '%s' "${name}" >>'@LOG@'; for word in "$@"; do printf '|%s' "$word" >>'@LOG@'; done; printf ' in %s\\n' "$PWD" >>'@LOG@'
${more}`;

const HOST: Tree = {
  'root/sys/bus/usb/devices/1-2/idVendor': '0955\n',
  'root/sys/bus/usb/devices/1-2/idProduct': '7023\n',
  'root/etc/lsb-release': 'DISTRIB_RELEASE=22.04\n',
  'root/proc/sys/fs/binfmt_misc/qemu-aarch64': 'enabled\n',
  'root/proc/cpuinfo': 'flags : fpu\n',
  'work/bundle/Image': 'our kernel',
  'work/bundle/manifest.json': manifestOf('our kernel'),
  'work/bundle/dtb/tegra234-p3737-0000+p3701-0000.dtb': 'nvidia,p3737-0000+p3701-0000',
  'work/bundle/host.dtbo': 'overlay',
  'work/bundle/run-vm.sh': '#!/bin/sh\n',
  'work/Linux_for_Tegra/nv_tegra/nv_tegra_release': '# R36 (release), REVISION: 3.0, GCID: 1\n',
  'work/Linux_for_Tegra/rootfs/README.txt': 'empty',
  'work/Linux_for_Tegra/jetson-agx-orin-devkit.conf': '',
  'work/Linux_for_Tegra/jetson-orin-nano-devkit.conf': '',
  'work/Linux_for_Tegra/p2597-0000+p3310-1000.conf': '',
};
const PROGRAMS =
  'abootimg cpio dtc mkfs.vfat lbzip2 xmllint exportfs qemu-aarch64-static sshpass uuidgen lz4 ' +
  'strings cpp mkpasswd openssl rsync udevadm xmlstarlet zstd';
const EXTLINUX = `DEFAULT primary\\nLABEL primary\\n  LINUX /boot/Image\\n  APPEND \${cbootargs} quiet\\n`;

let path: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpmp-flash-'));
  writeTree(folder, HOST);
  const stubs: Record<string, string> = {
    'flash.sh': STUB('flash.sh', 'echo written'),
    'apply_binaries.sh': STUB(
      'apply_binaries.sh',
      `mkdir -p rootfs/etc rootfs/boot/extlinux; cp nv_tegra/nv_tegra_release rootfs/etc/
printf '${EXTLINUX}' >rootfs/boot/extlinux/extlinux.conf; echo stock >rootfs/boot/Image`,
    ),
    'tools/l4t_create_default_user.sh': STUB('l4t_create_default_user.sh'),
    'tools/kernel_flash/l4t_initrd_flash.sh': STUB(
      'l4t_initrd_flash.sh',
      '! cat "$FLASH_SAYS" 2>/dev/null || exit 1\nmkdir -p @USB@; echo 0955 >@USB@/idVendor; echo 7020 >@USB@/idProduct',
    ),
  };
  for (const [name, text] of Object.entries(stubs)) {
    const file = at(`work/Linux_for_Tegra/${name}`);
    mkdirSync(join(file, '..'), { recursive: true });
    const filled = text
      .replaceAll('@LOG@', at('calls'))
      .replaceAll('@USB@', at('root/sys/bus/usb/devices/1-2'));
    writeFileSync(file, filled, { mode: 0o755 });
  }
  // The programs that NVIDIA wants need not do anything here; flushing takes seconds, and no test sees what it does.
  mkdirSync(at('bin'));
  for (const name of [...PROGRAMS.split(' '), 'sync'])
    writeFileSync(at(`bin/${name}`), '#!/bin/sh\n', { mode: 0o755 });
  path = process.env['PATH'];
  process.env['PATH'] = `${at('bin')}:${path}`;
});
afterEach(() => {
  process.env['PATH'] = path;
  delete process.env['FLASH_SAYS'];
  rmSync(folder, { recursive: true });
});

const flash = Object.assign((...words: string[]) => runFlash(words, false), {
  atTerminal: (...words: string[]) => runFlash(words, true),
});

async function runFlash(words: readonly string[], isTerminal: boolean) {
  const out: string[] = [];
  const cli = {
    print: (text: string) => void out.push(text),
    write: () => undefined,
    warn: () => undefined,
    isTerminal,
    draws: isTerminal,
    columns: 80,
    signal: new AbortController().signal,
    env: { BPMP_VIRT_ROOT: at('root'), BPMP_VIRT_PASSWORD: 'secret' },
    cwd: folder,
  };
  const program = new Command().exitOverride().addCommand(flashCommand(cli));
  const error = await program.parseAsync(['flash', ...words], { from: 'user' }).then(
    () => undefined,
    (cause: Error & { hint?: string }) => cause,
  );
  const calls = existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trimEnd().split('\n') : [];
  return { out: out.join('\n'), error, calls };
}

async function makeRootfs(): Promise<string> {
  const { execa } = await import('execa');
  writeTree(folder, { 'sample/etc/hostname': 'orin\n' });
  await execa('tar', ['-cjf', at('rootfs.tbz2'), '-C', at('sample'), 'etc']);
  return at('rootfs.tbz2');
}

test('prepares the root file system, puts the bundle in, flashes, and waits for the first boot', async () => {
  const archive = await makeRootfs();
  const { out, error, calls } = await flash('--rootfs', archive, '--user', 'me', '--yes', '--wait', '30');
  expect(error).toBe(undefined);
  const l4t = at('work/Linux_for_Tegra');
  expect(calls).toEqual([
    `apply_binaries.sh in ${l4t}`,
    `l4t_create_default_user.sh|-u|me|-p|secret|-n|orin|-a|--accept-license in ${l4t}`,
    `l4t_initrd_flash.sh|--external-device|nvme0n1p1|-c|tools/kernel_flash/flash_l4t_t234_nvme.xml|--showlogs|--network|usb0|jetson-agx-orin-devkit|external in ${l4t}`,
  ]);
  expect(out).toContain('Jetson AGX Orin, 64 GB or the developer kit');
  expect(out).toContain('The board is up');
  expect(out).not.toContain('secret');

  const menu = readAsUefi(readFileSync(join(l4t, 'rootfs/boot/extlinux/extlinux.conf'), 'utf8'));
  expect(startedByUefi(menu)?.['LABEL']).toBe('primary');
  const entry = menu.entries.at(-1);
  expect(entry?.['APPEND']).toContain('quiet vfio_platform.reset_required=0');
  expect(readFileSync(join(l4t, 'rootfs', entry?.['LINUX'] ?? ''), 'utf8')).toBe('our kernel');
  expect(readFileSync(join(l4t, 'rootfs/boot/Image'), 'utf8')).toBe('stock\n');
  expect(readFileSync(join(l4t, 'rootfs/etc/hostname'), 'utf8')).toBe('orin\n');

  const [log] = readdirSync(at('work/logs'));
  const text = readFileSync(at(`work/logs/${log}`), 'utf8');
  expect(text).toContain('$ ./apply_binaries.sh');
  expect(text).not.toContain('secret');
}, 60_000);

test('a dry run and a refusal run nothing', async () => {
  const dry = await flash('--rootfs', '/r.tbz2', '--dry-run', '--storage', 'emmc', '--user', 'me');
  expect(dry.error).toBe(undefined);
  expect(dry.out).toContain('sudo tar -xpf /r.tbz2 -C rootfs\nsudo ./apply_binaries.sh');
  expect(dry.out).toContain('sudo ./flash.sh jetson-agx-orin-devkit internal');
  expect(dry.out).not.toContain('secret');
  expect((await flash('--rootfs', '/r.tbz2')).error?.message).toContain('nobody is there to ask');
  expect((await flash('--yes')).error?.message).toContain('rootfs is empty');
  expect((await flash('--usb', '9-9', '--yes')).error?.message).toContain('in recovery mode: 1-2');
  writeTree(folder, {
    'root/sys/bus/usb/devices/1-3/idVendor': '0955\n',
    'root/sys/bus/usb/devices/1-3/idProduct': '7323\n',
  });
  expect((await flash('--yes')).error).toMatchObject({ hint: expect.stringContaining('--usb') });
  writeTree(folder, { 'root/sys/bus/usb/devices/': '' });
  expect((await flash('--yes')).error?.message).toContain('no Jetson Orin in recovery mode');
  writeTree(folder, { 'work/Linux_for_Tegra/nv_tegra/nv_tegra_release': '# R35 (release), REVISION: 4.1\n' });
  expect((await flash('--yes')).error?.message).toContain('release 35.4.1');
  expect((await flash('--yes')).calls).toEqual([]);
});

test('a bundle whose kernel could not boot what is flashed is refused before anything runs', async () => {
  const storage = { ...ABLE.storage, nvme: ['CONFIG_BLK_DEV_NVME'] };
  writeTree(folder, { 'work/bundle/manifest.json': manifestOf('our kernel', { ...ABLE, storage }) });
  const archive = await makeRootfs();
  expect((await flash('--rootfs', archive, '--yes')).error?.message).toContain('CONFIG_BLK_DEV_NVME');
  const emmc = await flash('--rootfs', archive, '--dry-run', '--storage', 'emmc');
  expect(emmc.error).toBe(undefined);
  const small = manifestOf('our kernel', { ...ABLE, for: 'emulation', lacks: ['CONFIG_EFI'] });
  for (const [manifest, says] of [
    [small, 'boots no Orin'],
    ['{}', 'does not say what its Image can'],
  ] as const) {
    writeTree(folder, { 'work/bundle/manifest.json': manifest });
    expect((await flash('--rootfs', archive, '--yes', '--storage', 'emmc')).error?.message).toContain(says);
  }
  expect(emmc.calls).toEqual([]);
});

test('a board that NVIDIA’s scripts do not know, and another SKU, are said before anything runs', async () => {
  const archive = await makeRootfs();
  for (const name of ['jetson-agx-orin-devkitt', '../x']) {
    const { error } = await flash('--rootfs', archive, '--yes', '--board', name);
    expect(error?.message).toContain(`has no ${name}.conf`);
    expect(error?.hint).toBe('Name one of: jetson-agx-orin-devkit, jetson-orin-nano-devkit');
  }
  writeTree(folder, { 'root/sys/bus/usb/devices/1-2/idProduct': '7223\n' });
  const { out, calls } = await flash('--rootfs', archive, '--dry-run');
  expect(out).toContain('device tree is of p3701-0000, the module is p3701-0004: another SKU');
  expect(calls).toEqual([]);
});

test('a bundle or a --board of another module than the one on USB is refused before anything runs', async () => {
  const archive = await makeRootfs();
  const other = await flash('--rootfs', archive, '--yes', '--board', 'jetson-orin-nano-devkit');
  expect(other.error?.message).toContain('is for another module than the one on USB');
  writeTree(folder, { 'root/sys/bus/usb/devices/1-2/idProduct': '7523\n' });
  const { error, calls } = await flash('--rootfs', archive, '--yes');
  expect(error?.message).toMatch(
    /^the bundle is for p3701\+p3737, the board on USB is a Jetson Orin Nano, 8 GB/,
  );
  expect(calls).toEqual([]);
});

test('NVIDIA’s scripts are stopped where the EEPROM says that it is another module', async () => {
  writeTree(folder, {
    'work/Linux_for_Tegra/flash.sh': `#!/bin/sh\necho 'Board ID(3767) version(300) sku(0005) revision(R.1)'\nsleep 20\necho written >'${at('written')}'\n`,
  });
  chmodSync(at('work/Linux_for_Tegra/flash.sh'), 0o755);
  const { error } = await flash('--rootfs', await makeRootfs(), '--yes', '--storage', 'emmc', '--wait', '0');
  expect(error?.message).toContain('the EEPROM says that the module is p3767-0005');
  expect(existsSync(at('written'))).toBe(false);
  // Of its own kind, another SKU is none of their business.
  writeTree(folder, {
    'work/Linux_for_Tegra/flash.sh': `#!/bin/sh\necho 'Board ID(3701) version(500) sku(0004)'\n`,
  });
  chmodSync(at('work/Linux_for_Tegra/flash.sh'), 0o755);
  expect((await flash('--yes', '--storage', 'emmc', '--wait', '0')).error).toBe(undefined);
});

const RULE = 'root/run/udev/rules.d/99-bpmp-virt-flash.rules';
test.each([
  ['ends well', 'exit 0', undefined],
  ['fails', 'exit 1', 'flash.sh'],
])(
  'automounters are kept off the board’s disks, and off nothing else, until the flash %s',
  async (_, end, says) => {
    const script = `#!/bin/sh\ncp '${at(RULE)}' '${at('seen')}'\n${end}\n`;
    writeFileSync(at('work/Linux_for_Tegra/flash.sh'), script, { mode: 0o755 });
    writeFileSync(at('bin/udevadm'), `#!/bin/sh\necho "udevadm $*" >>'${at('calls')}'\n`, { mode: 0o755 });
    const words = ['--storage', 'emmc', '--wait', '0'];
    const { error, calls } = await flash('--rootfs', await makeRootfs(), '--yes', ...words);
    if (says === undefined) expect(error).toBe(undefined);
    else expect(error?.message).toContain(says);
    expect(readFileSync(at('seen'), 'utf8')).toBe(
      'SUBSYSTEM=="block", ENV{ID_VENDOR_ID}=="0955", ENV{UDISKS_IGNORE}="1"\n',
    );
    expect(existsSync(at(RULE))).toBe(false);
    expect(calls.filter((line) => line.startsWith('udevadm'))).toEqual(
      Array(2).fill('udevadm control --reload'),
    );
    const dry = await flash('--dry-run', ...words);
    expect(dry.out).toMatch(
      /99-bpmp-virt-flash.rules.*\nsudo .\/flash.sh .*\nsudo sh -c .*rm -f .*99-bpmp-virt/,
    );
  },
);

test('--no-flash prepares and asks nothing', async () => {
  const { error, calls } = await flash('--rootfs', await makeRootfs(), '--no-flash', '--storage', 'emmc');
  expect(error).toBe(undefined);
  expect(calls.at(-1)).toMatch(/^flash.sh\|--no-flash\|jetson-agx-orin-devkit\|internal in/);
});

/** Each signature is judged on whole logs in the unit tests; what is done with one that matches is the same for all. */
const SHOWN = ['usb-write-timeout', 'no-space', 'usb-network'];
test.each(FLASH_SIGNATURES.filter(({ name }) => SHOWN.includes(name)))(
  'a failure that people know is named, with the log: $name',
  async ({ name, what, hint }) => {
    const [report = ''] = FLASH_REPORTS[name] ?? [];
    writeTree(folder, { says: `NVIDIA's first words\n${report}\nand its last\n` });
    process.env['FLASH_SAYS'] = at('says');
    const { error } = await flash('--rootfs', await makeRootfs(), '--yes', '--wait', '0');
    expect(error).toBeInstanceOf(StepError);
    expect(error?.message.split('\n')[0]).toBe(what);
    expect(error?.hint).toMatch(/ The whole output is in .*flash-.*\.log\.$/);
    expect(error?.hint?.startsWith(hint)).toBe(true);
    const [log] = readdirSync(at('work/logs'));
    expect(readFileSync(at(`work/logs/${log}`), 'utf8')).toContain(report);
  },
);

test('an unknown failure names the log, and no cause', async () => {
  writeTree(folder, { says: '*** The flash of the board failed for a new reason\n' });
  process.env['FLASH_SAYS'] = at('says');
  const { error } = await flash('--rootfs', await makeRootfs(), '--yes', '--wait', '0');
  expect(error?.message).toContain('l4t_initrd_flash.sh');
  expect(error?.hint).toMatch(/^The whole output is in .*\.log\./);
});

test.each([
  ['erase', undefined],
  ['yes', 'not flashed'],
  ['', 'not flashed'],
])('who sits at a terminal is asked before the board is erased: %j', async (answer, refusal) => {
  answers.push(answer);
  const before = process.stdin.isTTY;
  process.stdin.isTTY = true;
  const { error, calls } = await flash.atTerminal('--rootfs', await makeRootfs(), '--wait', '0');
  process.stdin.isTTY = before;
  expect(error?.message).toBe(refusal);
  expect(questions.at(-1)).toMatch(/^Erase nvme of Jetson AGX Orin, 64 GB or the developer kit\?/);
  expect(calls).toHaveLength(refusal === undefined ? 2 : 0);
});

test('a board that does not come back is said, with a word on its power', async () => {
  rmSync(at('work/Linux_for_Tegra/flash.sh'));
  writeFileSync(at('work/Linux_for_Tegra/flash.sh'), '#!/bin/sh\n', { mode: 0o755 });
  const { error } = await flash('--rootfs', await makeRootfs(), '--yes', '--storage', 'emmc', '--wait', '1');
  expect(error).toMatchObject({ hint: expect.stringContaining('Do not cut its power') });
});

test('who is not root gets sudo, with its reason before it; NVIDIA’s scripts and the root file system need it', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  writeFileSync(at('bin/id'), '#!/bin/sh\necho 1000\n', { mode: 0o755 });
  const sudo = `#!/bin/sh\nprintf 'sudo|%s|%s|%s\\n' "$1" "$2" "$3" >>'${at('calls')}'\n[ "$1" != -n ] || shift\nexec "$@"\n`;
  writeFileSync(at('bin/sudo'), sudo, { mode: 0o755 });
  const { out, error, calls } = await flash('--rootfs', await makeRootfs(), '--yes', '--wait', '0');
  vi.restoreAllMocks();
  expect(error).toBeUndefined();
  const asRoot = calls.filter((line) => line.startsWith('sudo|')).map((line) => line.split('|').slice(1, 3));
  expect(asRoot.map(([first]) => first)).toEqual(
    expect.arrayContaining(['tar', './apply_binaries.sh', '-n']),
  );
  expect(asRoot.filter(([first]) => first === '-n').every(([, next]) => next === 'env')).toBe(true);
  const scripts = calls.filter((line) => !line.startsWith('sudo|')).map((line) => line.split(/[| ]/)[0]);
  expect(scripts.at(-1)).toBe('l4t_initrd_flash.sh');
  for (const [program] of asRoot.filter(([first]) => first !== '-n'))
    expect(out.indexOf(`sudo for ${program}: `)).toBeLessThan(out.indexOf(`$ sudo ${program}`));
  expect(out).toContain('it mounts images and writes to the board by USB');
});

/** Boards in recovery mode beside the first, 1-2. */
const plugged = (boards: Readonly<Record<string, string>>): Tree =>
  Object.fromEntries(
    Object.entries(boards).flatMap(([usb, product]) => [
      [`root/sys/bus/usb/devices/${usb}/idVendor`, '0955\n'],
      [`root/sys/bus/usb/devices/${usb}/idProduct`, `${product}\n`],
    ]),
  );
/** What l4t_initrd_flash.sh of R36 does with --massflash: a log a board, all at once, and 1 where one of them fails. */
const MASS = `#!/bin/sh
printf '%s' "$1" >>'@DIR@/calls'; for word in "$@"; do printf '|%s' "$word" >>'@DIR@/calls'; done; echo >>'@DIR@/calls'
cp '@DIR@/${RULE}' '@DIR@/seen' 2>/dev/null
[ "$1" = --flash-only ] || exit 0
mkdir -p initrdlog; failure=0
for usb in $(ls '@DIR@/root/sys/bus/usb/devices'); do
	! [ -e '@DIR@/gone-'$usb ] || continue
	echo "Start flashing device: $usb, rcm instance: 0, PID: 77"
	echo 'Ongoing processes: 77'
	log=initrdlog/flash_\${usb}_0_20261128-1200$(ls initrdlog | wc -l).log
	echo '[   0.2696 ] BR_CID: 0x80012344705DD50'\${usb#*-} >$log
	if [ -e '@DIR@/says-'$usb ]; then cat '@DIR@/says-'$usb >>$log; failure=1
	else echo Success >>$log; echo 7020 >'@DIR@/root/sys/bus/usb/devices/'$usb/idProduct; fi
done
exit $failure
`;
const flashAll = async (...words: string[]) => {
  const script = at('work/Linux_for_Tegra/tools/kernel_flash/l4t_initrd_flash.sh');
  writeFileSync(script, MASS.replaceAll('@DIR@', folder), { mode: 0o755 });
  return flash('--rootfs', await makeRootfs(), '--all', ...words);
};
const audited = () =>
  readFileSync(at('work/logs/audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Record<string, string> => JSON.parse(line));

test('--all: images once, then every board at once; a line, a log and an audit entry a board', async () => {
  writeTree(folder, plugged({ '1-3': '7023', '2-1.4': '7023', '3-1': '7020' }));
  rmSync(at('root/sys/bus/usb/devices/3-1'), { recursive: true });
  const { out, error, calls } = await flashAll('--yes', '--wait', '5');
  expect([error, out]).toEqual([undefined, expect.stringContaining('3 of 3 boards are flashed')]);
  expect(calls.slice(-2)).toEqual([
    '--no-flash|--no-flash|--massflash|3|--network|usb0|--usb-instance|1-2|--external-device|nvme0n1p1|-c|tools/kernel_flash/flash_l4t_t234_nvme.xml|jetson-agx-orin-devkit|external',
    '--flash-only|--flash-only|--massflash|3|--network|usb0',
  ]);
  for (const usb of ['1-2', '1-3', '2-1.4'])
    expect(out).toMatch(new RegExp(`^${usb}  writing\n[^]*^${usb}  flashed$`, 'm'));
  expect(out).not.toContain('Ongoing processes');
  expect(out).toContain('of one hardware revision, which USB does not show');
  expect(out).toContain('The boards are up');
  expect(readFileSync(at('seen'), 'utf8')).toContain('UDISKS_IGNORE');
  expect(existsSync(at(RULE))).toBe(false);
  expect(audited().map((line) => [line['verb'], line['target'], line['serial'], line['result']])).toEqual([
    ['flash', 'usb 1-2', '0x80012344705DD502', 'flashed'],
    ['flash', 'usb 1-3', '0x80012344705DD503', 'flashed'],
    ['flash', 'usb 2-1.4', '0x80012344705DD501', 'flashed'],
  ]);
  expect(new Set(audited().map((line) => line['bundle'])).size).toBe(1);
  // Emmc goes the same way, without words for another disk.
  writeTree(folder, plugged({ '1-2': '7023', '1-3': '7023', '2-1.4': '7023' }));
  const dry = await flashAll('--storage', 'emmc', '--dry-run');
  expect(dry.out).toContain(
    '--massflash 3 --network usb0 --usb-instance 1-2 jetson-agx-orin-devkit internal',
  );
}, 60_000);

test('--all: a board that fails and one that was not begun with are told from those that are flashed', async () => {
  writeTree(folder, { ...plugged({ '1-3': '7023', '1-4': '7023' }), 'gone-1-4': '' });
  // A log of an earlier run that ended well is not this one's.
  writeTree(folder, { 'work/Linux_for_Tegra/initrdlog/flash_1-4_2_20200101-120000.log': 'Success\n' });
  writeTree(folder, {
    'says-1-3': `${FLASH_REPORTS['external-device']?.[1]}\nError flashing non-qspi storage\n`,
  });
  const { out, error } = await flashAll('--yes', '--wait', '0');
  expect(error?.message).toBe('2 of 3 boards failed: 1-3, 1-4');
  expect(out).toContain('1 of 3 boards are flashed');
  expect(out).toMatch(/^1-2 {2}flashed$/m);
  expect(out).toMatch(/^1-3 {2}failed: the board’s flashing system does not see the disk/m);
  const said = audited();
  expect(said.map((line) => line['result'])).toEqual(['flashed', 'failed', 'failed']);
  expect(said[2]?.['phase']).toBe('writing');
  // The next run, in which images cannot be made, is one line more for each, in the same file.
  writeFileSync(
    at('work/Linux_for_Tegra/tools/kernel_flash/l4t_initrd_flash.sh'),
    '#!/bin/sh\necho "OSError: [Errno 28] No space left on device"\nexit 1\n',
    { mode: 0o755 },
  );
  const again = await flash('--all', '--yes', '--wait', '0');
  expect(again.error?.message).toBe('2 of 2 boards failed: 1-3, 1-4');
  expect(
    audited()
      .slice(3)
      .map((line) => [line['result'], line['phase']]),
  ).toEqual(Array(2).fill(['failed', 'preparing']));
  expect(audited()[3]?.['error']).toContain('a disk is full');
}, 60_000);

test('--all refuses boards that differ, before anything runs', async () => {
  writeTree(folder, plugged({ '1-3': '7223' }));
  const { error, calls } = await flashAll('--yes');
  expect(error?.message).toContain('boards that are flashed together have to be the same module');
  writeTree(folder, plugged({ '1-3': '7e19' }));
  expect((await flashAll('--yes')).error?.message).toContain('1-3 (no Orin)');
  expect((await flashAll('--usb', '1-2')).error?.message).toContain('exclude each other');
  writeTree(folder, plugged({ '1-3': '7023' }));
  expect((await flashAll()).error?.message).toContain('this erases nvme of 2 boards');
  expect(calls).toEqual([]);
});
