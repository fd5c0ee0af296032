// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/errors.ts';
import { syncTree } from '../../../../src/tools/git/git-sync.ts';
import { markSynced } from '../../../../src/tools/git/own-work.ts';
import { git } from '../../../helpers/git.ts';

/** What two releases have: changed, kept, gone, new, new and ignored, a file where a folder was. */
const V1 = {
  '.gitignore': '*.o\n',
  changed: 'one\n',
  'drivers/gone.c': 'gone\n',
  kept: 'kept\n',
  'was-folder/x': 'x\n',
};
const V2 = {
  '.gitignore': '*.o\n',
  changed: 'two, and longer\n',
  'drivers/new.c': 'new\n',
  'firmware.o': 'blob\n',
  kept: 'kept\n',
  'was-folder': 'a file\n',
};
type Files = Readonly<Record<string, string>>;

describe('a tree whose move to another commit was cut off', () => {
  let dir: string;
  let into: string;
  let commits: string[];
  let moved = 0;
  // One server and one cache for all: each test has a tree of its own.
  beforeAll(async () => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'moved tree ')));
    into = join(dir, 'first');
    const folder = join(dir, 'server');
    mkdirSync(folder);
    await git(folder, 'init', '-q', '-b', 'main');
    commits = [];
    for (const [tag, files] of [
      ['v1', V1],
      ['v2', V2],
    ] as const) {
      for (const name of readdirSync(folder).filter((each) => each !== '.git'))
        rmSync(join(folder, name), { recursive: true });
      write(folder, files);
      await git(folder, 'add', '--force', '.');
      await git(folder, 'commit', '-qm', tag);
      await git(folder, 'tag', tag);
      commits.push(await git(folder, 'rev-parse', 'HEAD'));
    }
    await sync('v2');
    rmSync(into, { recursive: true });
    await sync('v1');
    await git(into, 'fetch', '-q', '--no-tags', '--depth=1', `file://${folder}`, 'refs/tags/v2');
    await markSynced(into, commits[1] ?? '');
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  beforeEach(() => {
    into = join(dir, `work-${++moved}`);
    cpSync(join(dir, 'first'), into, { recursive: true });
  });

  const sync = (ref: string) =>
    syncTree(
      { urls: [`file://${dir}/server`], ref, into },
      {
        cache: join(dir, 'cache'),
        offline: false,
        url: (address) => address,
        emit: () => undefined,
        signal: new AbortController().signal,
      },
    );
  const write = (folder: string, files: Files) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  const contents = (): Files => {
    const all = readdirSync(into, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = all.map((entry) => join(entry.parentPath, entry.name).slice(into.length + 1));
    const own = names.filter((name) => !/^\.(git|bpmp-virt)\//.test(name)).sort();
    return Object.fromEntries(own.map((name) => [name, readFileSync(join(into, name), 'utf8')]));
  };
  /** As git leaves it that is killed while it writes the files of v2: locks, HEAD at v1. */
  const cutOff = (files: Files, gone: readonly string[] = []) => {
    for (const name of gone) rmSync(join(into, name), { recursive: true });
    writeFileSync(
      join(into, '.git/bpmp-virt-move.json'),
      JSON.stringify({ from: commits[0], to: commits[1] }),
    );
    write(into, files);
    for (const lock of ['index.lock', 'HEAD.lock', 'shallow.lock'])
      writeFileSync(join(into, '.git', lock), '');
  };

  it.each<readonly [string, string, Files, readonly string[]]>([
    ['v1', 'before its first file', {}, []],
    [
      'v2',
      'with files half written, one of them ignored',
      { changed: 'two, a', 'drivers/new.c': '', 'firmware.o': 'bl' },
      ['drivers/gone.c'],
    ],
    ['v1', 'with all of it there but the index', V2, ['drivers/gone.c', 'was-folder']],
  ])('comes to %s whole, cut off %s', async (ref, _what, files, gone) => {
    cutOff(files, gone);
    await sync(ref);
    expect(contents()).toEqual(ref === 'v1' ? V1 : V2);
    expect(await git(into, 'status', '--porcelain')).toBe('');
  });

  it('keeps what was edited since, and names it', async () => {
    cutOff({ 'drivers/new.c': 'new\n' });
    const edits = {
      changed: 'mine\n',
      'firmware.o': 'm\n',
      'drivers/gone.c': 'm\n',
      'drivers/mine.c': 'm\n',
    };
    write(into, edits);
    const before = contents();
    const error = await sync('v1').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UsageError);
    for (const name of Object.keys(edits)) expect(String(error)).toContain(name);
    expect(String(error)).not.toContain('new.c');
    expect(contents()).toEqual(before);
    for (const name of Object.keys(edits)) rmSync(join(into, name));
    await sync('v2');
    expect(contents()).toEqual(V2);
  });

  it('comes whole out of a git that is killed in each of its commands', async () => {
    const real = process.env['PATH'] ?? '';
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    const git2 = join(bin, 'git');
    // Dies as by SIGKILL after so many of the commands that change the tree, or in the middle of one.
    for (let at = 2; at <= 3; at++) {
      writeFileSync(join(dir, 'left'), String(at));
      const script = `#!/bin/sh
PATH=${JSON.stringify(real)}
case " $* " in
*" fetch "* | *" update-ref "* | *" checkout "*)
	left=$(($(cat ${JSON.stringify(join(dir, 'left'))}) - 1)); echo $left >${JSON.stringify(join(dir, 'left'))}
	[ $left != 0 ] || { [ ${at % 2} = 0 ] || git "$@"; kill -9 $$; }
	[ $left -ge 0 ] || kill -9 $$
	;;
esac
exec git "$@"
`;
      writeFileSync(git2, script);
      chmodSync(git2, 0o755);
      process.env['PATH'] = `${bin}:${real}`;
      const ref = at % 2 === 0 ? 'v1' : 'v2';
      await sync(ref).catch(() => undefined);
      process.env['PATH'] = real;
      await sync(ref);
      expect(contents()).toEqual(ref === 'v1' ? V1 : V2);
      expect(existsSync(join(into, '.git/bpmp-virt-move.json'))).toBe(false);
    }
  });
});
