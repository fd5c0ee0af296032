// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { readBundle } from '../../../src/deploy/bundle-files.ts';
import { Board } from '../../../src/deploy/deploy.ts';
import { planDeploy } from '../../../src/deploy/deploy-plan.ts';
import { type OurEntry, withOurs } from '../../../src/deploy/extlinux.ts';
import {
  board,
  bundle,
  conf,
  deployHere,
  expectSafe,
  reset,
  STOCK,
  started,
  tree,
  useBoard,
} from '../../helpers/board/deploy-board.ts';
import { EXTLINUX_FILES } from '../../helpers/board/extlinux-files.ts';
import { readAsUefi } from '../../helpers/board/uefi-extlinux.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

useBoard();

const at = (path: string) => join(board.root, path);
const menu = at.bind(undefined, 'boot/extlinux/extlinux.conf');
const edit = (change: (text: string) => string) => writeFileSync(menu(), change(conf()), 'latin1');

async function works(...words: string[]): Promise<string> {
  const { out, error } = await deployHere(...words);
  if (error !== undefined) throw error;
  return out;
}

test.each(['opt/bpmp-virt/run-vm.sh', 'etc/systemd/system/bpmp-virt-uarta.service', 'boot/bpmp-virt/mine/'])(
  'what somebody put at %s is neither written over nor deleted',
  async (path) => {
    reset({ [path]: 'mine' });
    const before = tree();
    const { error } = await deployHere();
    if (path.endsWith('/')) expect(error).toBe(undefined);
    else {
      expect(error?.message).toBe(`on the board, and not from this tool: /${path}`);
      expect(tree()).toEqual(before);
    }
    await works('--undo');
    expect(tree()).toEqual(before);
    expect(existsSync(at(path))).toBe(true);
  },
);

test('the very file that somebody put there stays that person’s', async () => {
  reset({ 'opt/bpmp-virt/guest.dtb': 'guest' });
  expect(await works()).toContain('/opt/bpmp-virt/guest.dtb was there already');
  await works('--undo');
  expect(readFileSync(at('opt/bpmp-virt/guest.dtb'), 'latin1')).toBe('guest');
});

test('a file of ours that somebody changed is kept beside it by a deployment, and left by an undo', async () => {
  await works();
  writeFileSync(at('opt/bpmp-virt/run-vm.sh'), 'changed by hand');
  const out = await works();
  const [, copy = ''] = /run-vm\.sh, which somebody has changed, as (\S+)/.exec(out) ?? [];
  expect(readFileSync(at(copy), 'latin1')).toBe('changed by hand');
  expect(readFileSync(at('opt/bpmp-virt/run-vm.sh'), 'latin1')).toBe('#!/bin/sh\n');
  writeFileSync(at('opt/bpmp-virt/run-vm.sh'), 'again');
  expect(await works('--undo')).toContain('/opt/bpmp-virt/run-vm.sh stays');
  expect(readFileSync(at('opt/bpmp-virt/run-vm.sh'), 'latin1')).toBe('again');
  expect(existsSync(at('opt/bpmp-virt/doctor.sh'))).toBe(false);
});

describe('undo, whatever became of our entry:', () => {
  test.each([
    ['the last newline gone', (text: string) => text.trimEnd()],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['comments stripped', (text: string) => text.replace(/^#.*\n/gm, '')],
    ['cut out, with DEFAULT left', (text: string) => text.replace(/# >>>[\s\S]*# <<<.*\n/, '')],
  ] as const)('%s', async (_, change) => {
    await works('--boot-next');
    edit(change);
    await works('--undo');
    const left = readAsUefi(conf().replaceAll('\r', ''));
    expect(left.entries.map((entry) => entry['LINUX'])).toEqual(['/boot/Image']);
    expect(existsSync(at('boot/bpmp-virt'))).toBe(false);
    expect(conf()).not.toMatch(/bpmp-virt/);
    expect(left.default).toBe('primary');
  });

  test('what a live entry of somebody’s names stays, and so does all else', async () => {
    await works();
    edit((text) => text.replace('LABEL bpmp-virt', 'LABEL mine'));
    edit((text) => text.replace('DEFAULT primary', 'DEFAULT mine').replace(/^# [<>]{3}.*\n/gm, ''));
    const before = tree();
    expect((await deployHere('--undo')).error?.message).toMatch(
      /^the entry ‘mine’ .* names \/boot\/bpmp-virt\//,
    );
    expect(tree()).toEqual(before);
  });
});

test('a DEFAULT of ours that somebody left behind does not make a plain deployment boot us', async () => {
  reset({ 'boot/extlinux/extlinux.conf': STOCK.replace('DEFAULT primary', 'DEFAULT bpmp-virt') });
  await works();
  expectSafe();
});

test('the board’s side itself refuses what the menu does not allow, or what it was not asked about', async () => {
  await works();
  const reach = {
    target: { kind: 'local' },
    signal: new AbortController().signal,
    emit: () => undefined,
  } as const;
  const folder = join(import.meta.dirname, '../../../board');
  const here = await Board.open(reach, folder, board.root);
  const contents = await readBundle(bundle.path, folder);
  const plan = planDeploy(contents, await here.facts(), 'keep', new Date());
  const live = `/boot/bpmp-virt/${contents.id}/Image`;
  await expect(here.apply({ ...plan, remove: [live] })).rejects.toThrow(
    `extlinux.conf names ${live}: it stays`,
  );
  await expect(here.apply({ ...plan, remove: ['/opt/other'] })).rejects.toThrow('/opt/other is not ours');
  edit((text) => `${text}# mine\n`);
  await expect(here.apply(plan)).rejects.toThrow('was changed by somebody else meanwhile');
  expect(existsSync(at(live))).toBe(true);
});

test('a trial whose end cannot be written down leaves the menu whole', async () => {
  await works('--boot-next');
  const before = conf();
  // It writes half of the file, as on a full disk, and says so.
  const sed =
    '#!/bin/sh\ncase $* in *DEFAULT*) head -c 40 "$BPMP_VIRT_ROOT/boot/extlinux/extlinux.conf"; exit 4 ;; esac\nexec /bin/sed "$@"\n';
  writeFileSync(join(board.bin, 'sed'), sed, { mode: 0o755 });
  const { exitCode, stderr } = await endTrial();
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('cannot be written')]);
  expect(conf()).toBe(before);
  expect(existsSync(`${menu()}.bpmp-trial`)).toBe(false);
});

test('the end of a trial leaves a DEFAULT that somebody chose meanwhile, though it begins as ours', async () => {
  await works('--boot-next');
  edit((text) => text.replace(/^DEFAULT.*$/m, 'DEFAULT bpmp-virt-mine'));
  expect((await endTrial()).exitCode).toBe(0);
  expect(conf()).toContain('DEFAULT bpmp-virt-mine\n');
});

const endTrial = () =>
  execa('sh', [join(import.meta.dirname, '../../../board/deploy.sh'), 'end-trial'], {
    env: { BPMP_VIRT_ROOT: board.root, PATH: `${board.bin}:${process.env['PATH']}` },
    reject: false,
  });

const ours: OurEntry = {
  id: '0123456789ab',
  linux: '/boot/bpmp-virt/0123456789ab/Image',
  fdt: '/boot/bpmp-virt/0123456789ab/x.dtb',
  overlays: [],
  args: [],
  root: '/dev/mmcblk0p1',
  bootId: 'aaaa-bbbb',
};
test.each(EXTLINUX_FILES)('the end of a trial gives the menu of a plain deployment: %s', async (_, text) => {
  reset({ 'boot/extlinux/extlinux.conf': withOurs(text, ours, 'trial') });
  expect(started()).toBe('bpmp-virt');
  const script = join(import.meta.dirname, '../../../board/deploy.sh');
  await execa('sh', [script, 'end-trial'], { env: { BPMP_VIRT_ROOT: board.root } });
  expect(conf()).toBe(withOurs(text, ours, 'no'));
});

describe('extlinux.conf keeps', () => {
  const stat = () => lstatSync(menu());

  test('its mode and its owner, through a deployment, the end of a trial and an undo; copies have them too', async () => {
    chmodSync(menu(), 0o640);
    chownSync(menu(), 1234, 4321);
    const isKept = () => expect([stat().mode & 0o7777, stat().uid, stat().gid]).toEqual([0o640, 1234, 4321]);
    await works('--boot-next');
    isKept();
    const copies = readdirSync(at('boot/extlinux')).filter((name) => /bpmp-virt-\d+T/.test(name));
    expect(copies).toHaveLength(1);
    for (const name of copies) expect(lstatSync(at(`boot/extlinux/${name}`)).mode & 0o7777).toBe(0o640);
    await endTrial();
    isKept();
    await works('--undo');
    isKept();
    expect(conf()).toBe(STOCK);
  });

  test('its being a link, and the file that the link leads to is the one that changes', async () => {
    renameSync(menu(), at('boot/real.conf'));
    symlinkSync('../real.conf', menu());
    await works('--boot-next');
    expect(readlinkSync(menu())).toBe('../real.conf');
    expect(readFileSync(at('boot/real.conf'), 'latin1')).toContain('DEFAULT bpmp-virt');
    await endTrial();
    await works('--undo');
    expect(readlinkSync(menu())).toBe('../real.conf');
    expect(readFileSync(at('boot/real.conf'), 'latin1')).toBe(STOCK);
    expect(readdirSync(at('boot')).sort()).toEqual(['Image', 'extlinux', 'initrd', 'real.conf']);
  });

  test('what somebody writes while a deployment is about to replace it', async () => {
    await works();
    // mv is what puts the new menu in place; it is late by one line of somebody's.
    const mv = `#!/bin/sh
case $* in *extlinux.conf.bpmp-part*extlinux.conf) echo '# mine' >>"$BPMP_VIRT_ROOT/boot/extlinux/extlinux.conf" ;; esac
exec /bin/mv "$@"
`;
    writeFileSync(join(board.bin, 'mv'), mv, { mode: 0o755 });
    const before = conf();
    expect((await deployHere('--boot-next')).error?.message).toContain('changed by somebody else meanwhile');
    expect(conf()).toBe(`${before}# mine\n`);
    rmSync(join(board.bin, 'mv'));
    await works('--boot-next');
    expect(conf()).toContain('# mine\n');
  });
});

test.each(['opt', 'lib', 'boot'])(
  'a root file system to be flashed whose /%s is a link into this machine’s own is refused',
  async (name) => {
    const outside = tmpDir('outside');
    if (existsSync(at(name))) renameSync(at(name), at(`${name}.real`));
    if (name === 'boot') cpSync(at('boot.real'), outside, { recursive: true });
    symlinkSync(outside, at(name));
    const before = readdirSync(outside, { recursive: true });
    expect((await deployHere()).error?.message).toContain('through a link');
    expect(readdirSync(outside, { recursive: true })).toEqual(before);
  },
);

describe('a trial whose comments somebody has stripped', () => {
  const strip = () => edit((text) => text.replace(/^#.*\n/gm, ''));

  test('ends all the same, and DEFAULT is what it was', async () => {
    const second = `${STOCK.replace('DEFAULT primary', 'DEFAULT mine')}LABEL mine\n  LINUX /boot/Image\n  APPEND root=PARTUUID=1\n`;
    reset({ 'boot/extlinux/extlinux.conf': second });
    await works('--boot-next');
    strip();
    expect(started()).toBe('bpmp-virt');
    expect((await endTrial()).exitCode).toBe(0);
    expect(started()).toBe('mine');
    // Chosen by hand afterwards, it stays.
    edit((text) => text.replace('DEFAULT mine', 'DEFAULT bpmp-virt'));
    expect((await endTrial()).exitCode).toBe(0);
    expect(started()).toBe('bpmp-virt');
  });

  test('is still a trial to the tool: nothing makes it last, and an undo gives the file of before', async () => {
    await works('--boot-next');
    strip();
    expect(await works('--status')).toContain('started at the next boot only');
    expect((await deployHere('--confirm')).error?.message).toContain('does not run this entry');
    await works();
    expect((await endTrial()).exitCode).toBe(0);
    expectSafe();
    await works('--undo');
    expect(conf()).toBe(STOCK);
  });

  test('with its comments indented ends as well', async () => {
    await works('--boot-next');
    edit((text) => text.replace(/^# (?=>>>|<<<)/gm, '\t #  '));
    expect((await endTrial()).exitCode).toBe(0);
    expectSafe();
  });
});
