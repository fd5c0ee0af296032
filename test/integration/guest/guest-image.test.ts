// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../../src/command.ts';
import { hashFile } from '../../../src/read-file.ts';
import { readSshKey } from '../../../src/tools/files/ssh-key.ts';
import { writeDpkgDatabase } from '../../../src/tools/guest/dpkg-database.ts';
import { makeExt4 } from '../../../src/tools/guest/ext4.ts';
import { writeGuestFiles } from '../../../src/tools/guest/guest-files.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { withSbin } from '../../../src/tools/process/sbin.ts';
import { runCli } from '../../helpers/cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const SCRIPTS = join(import.meta.dirname, '../../../guest/image');
const EPOCH = 1735689600;
const run = (command: Command, cwd: string, env: Readonly<Record<string, string>> = {}) =>
  exec(command, cwd, { emit: () => undefined, env });

/** What owns what in the package: mode, owner and group as debugfs says them. */
const ENTRIES = [
  ['usr/bin/su', '4755', 0, 0],
  ['usr/bin/wall', '2755', 0, 5],
  ['etc/secret', '600', 7, 42],
  ['var/mail', '2775', 0, 8],
] as const;

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own.
const FORMAT = '${Package} ${Version} ${Status}\n${Conffiles}\n';

/** Two packages: one with owners and modes, one with what dpkg keeps. */
async function makeDebs(folder: string): Promise<readonly string[]> {
  const first = await makeDeb(
    folder,
    'first',
    'Multi-Arch: same\n',
    {
      'usr/sbin/init': 'init',
      'usr/bin/su': 'su',
      'usr/bin/wall': 'wall',
      'etc/secret': 'x',
      'var/mail/.keep': '',
    },
    {},
    [
      ...ENTRIES.flatMap(([path, mode, user, group]) => [
        `chown ${user}:${group} ${path}`,
        `chmod ${mode} ${path}`,
      ]),
      'mkdir -p dev && mknod -m 620 dev/ttyX c 4 64 && chown 0:5 dev/ttyX',
    ].join('\n'),
  );
  const second = await makeDeb(
    folder,
    'second',
    'Depends: first\n',
    { 'bin/tool': 'tool', 'etc/second.conf': 'b=1\n' },
    {
      conffiles: '/etc/second.conf\n',
      triggers: 'interest-noawait /usr/lib\ninterest second-trigger\nactivate ldconfig\n',
      postinst: '#!/bin/sh\n',
    },
    'true',
  );
  return [first, second];
}

async function makeDeb(
  folder: string,
  name: string,
  fields: string,
  files: Readonly<Record<string, string>>,
  control: Readonly<Record<string, string>>,
  script: string,
): Promise<string> {
  const root = join(folder, name);
  const text = `Package: ${name}\nVersion: 1:2-3\nArchitecture: arm64\nMaintainer: me <me@example.org>\n${fields}Description: of a test\n`;
  const all = Object.entries({
    ...files,
    ...Object.fromEntries(
      Object.entries({ control: text, ...control }).map(([path, content]) => [`DEBIAN/${path}`, content]),
    ),
  });
  for (const [path, content] of all) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), 0o755);
  }
  const deb = join(folder, `${name}.deb`);
  await execa('fakeroot', [
    'sh',
    '-euc',
    `cd "$1"\n${script}\ndpkg-deb -Znone -b . "$2" >/dev/null`,
    'x',
    root,
    deb,
  ]);
  return deb;
}

async function makeImage(debs: readonly string[], image: string) {
  const scratch = tmpDir('a guest');
  const at = (name: string) => join(scratch, name);
  const [root, lists, owners, list] = [at('root'), at('lists'), at('owners'), at('list')];
  mkdirSync(root);
  mkdirSync(lists);
  writeFileSync(list, debs.map((deb) => `${deb}\n`).join(''));
  await run(
    ['fakeroot', '-s', basename(owners), '--', join(SCRIPTS, 'unpack-packages'), root, list, lists],
    scratch,
  );
  await writeDpkgDatabase({ debs, root, lists }, run);
  const who = {
    user: 'me',
    autologin: false,
    hostname: 'vm',
    mirror: 'http://m.example/debian',
    suites: ['bookworm'],
  };
  await writeGuestFiles(root, { ...who, key: 'ssh-ed25519 AAAA me\n' }, SCRIPTS);
  await makeExt4(image, { root, owners, mib: 64, epoch: EPOCH }, run);
  return root;
}

const look = async (image: string, request: string) =>
  (await execa('debugfs', ['-R', request, image], { env: { PATH: withSbin() } })).stdout;

describe('an image of packages', () => {
  test('has their owners, modes and devices, is clean, sparse, and the same bytes when made again', async () => {
    const folder = tmpDir();
    const debs = await makeDebs(folder);
    const [one, other] = [join(folder, 'one.img'), join(folder, 'other.img')];
    await makeImage(debs, one);
    for (const [path, mode, user, group] of ENTRIES) {
      const said = await look(one, `stat /${path}`);
      expect(said).toMatch(new RegExp(`Mode: +0*${mode}\\b`));
      expect(said).toMatch(new RegExp(`User: +${user} +Group: +${group}\\b`));
    }
    expect(await look(one, 'stat /dev/ttyX')).toMatch(
      /character special[\s\S]*Device major\/minor number: 04:64/,
    );
    // Nobody owns a file but who the archives say; what is ours is root's.
    expect(await look(one, 'stat /etc/init')).toMatch(/Mode: +0755[\s\S]*User: +0 +Group: +0/);
    expect(await look(one, 'stat /bin')).toContain('Fast link dest: "usr/bin"');
    expect(await look(one, 'stat /usr/bin/tool')).toContain('Type: regular');
    // The kernel takes /etc/init only where there is no /sbin/init.
    expect(await look(one, 'ls /usr/sbin')).not.toContain('init');
    expect(await look(one, 'stat /usr/lib/bpmp-virt/init')).toContain('Type: regular');
    await execa('e2fsck', ['-fn', one], { env: { PATH: withSbin() } });
    expect(statSync(one).blocks * 512).toBeLessThan(statSync(one).size / 2);
    await new Promise((done) => setTimeout(done, 1100));
    const umask = process.umask(0o077);
    try {
      await makeImage(debs, other);
    } finally {
      process.umask(umask);
    }
    expect(await hashFile(other)).toBe(await hashFile(one));
  });

  test('has a database that dpkg reads: unpacked, with conffiles and triggers', async () => {
    const folder = tmpDir();
    const root = await makeImage(await makeDebs(folder), join(folder, 'one.img'));
    const dpkg = join(root, 'var/lib/dpkg');
    const query = await execa('dpkg-query', [`--admindir=${dpkg}`, '-W', '-f', FORMAT]);
    expect(query.stdout.split('\n').filter((line) => line !== '')).toEqual([
      'first 1:2-3 install ok unpacked',
      'second 1:2-3 install ok unpacked',
      ` /etc/second.conf ${createHash('md5').update('b=1\n').digest('hex')}`,
    ]);
    expect(readdirSync(join(dpkg, 'info')).sort()).toEqual(
      [
        'first:arm64.list',
        'format',
        'second.conffiles',
        'second.list',
        'second.postinst',
        'second.triggers',
      ].sort(),
    );
    expect(readFileSync(join(dpkg, 'info/second.list'), 'utf8').split('\n')).toContain('/bin/tool');
    expect(readFileSync(join(dpkg, 'triggers/File'), 'utf8')).toBe('/usr/lib second/noawait\n');
    expect(readFileSync(join(dpkg, 'triggers/second-trigger'), 'utf8')).toBe('second\n');
  });
});

describe('the key', () => {
  const make = async () => {
    const file = join(tmpDir(), 'id');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me@here', '-f', file]);
    return file;
  };

  test('of ssh-keygen is taken, its private half is not', async () => {
    const file = await make();
    expect(await readSshKey(`${file}.pub`)).toBe(readFileSync(`${file}.pub`, 'utf8'));
    await expect(readSshKey(file)).rejects.toThrow(/is a private key/);
  });

  test.each([
    ['two keys', (line: string) => `${line}${line}`],
    ['another kind than it says', (line: string) => line.replace('ssh-ed25519', 'ssh-rsa')],
    ['half a key', (line: string) => line.slice(0, 40)],
    ['options before it', (line: string) => `command="x" ${line}`],
    ['nothing', () => ''],
  ])('with %s is refused', async (_, spoil) => {
    const file = `${await make()}.pub`;
    writeFileSync(file, spoil(readFileSync(file, 'utf8')));
    await expect(readSshKey(file)).rejects.toThrow('is not an ssh public key');
  });
});

describe('image guest', () => {
  test.each([
    [['--key', 'none.pub'], 'none.pub', 3],
    [[], 'needs key or autologin', 2],
    [['--autologin', '--user', 'root'], 'must not be root', 2],
    [['--autologin', '--user', 'a;b'], 'must be a short name', 2],
    [['--autologin', '--package', '-o=x'], 'must be the name of a package', 2],
    [['--autologin', '--size', '0M'], 'is not a size of an image', 2],
  ])('%j is refused and leaves nothing', async (words, message, code) => {
    const cwd = tmpDir();
    const said = await runCli(['image', 'guest', '--out', join(cwd, 'a.img'), ...words]);
    expect(said.code).toBe(code);
    expect(said.stderr).toContain(message);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('writes over nothing', async () => {
    const out = join(tmpDir(), 'mine.img');
    writeFileSync(out, 'mine');
    const said = await runCli(['image', 'guest', '--out', out, '--autologin', '--offline']);
    expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining(`${out} is there`) });
    expect(readdirSync(dirname(out))).toEqual(['mine.img']);
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });
});
