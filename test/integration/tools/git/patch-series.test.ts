// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { StepError } from '../../../../src/errors.ts';
import { withUndo } from '../../../../src/tools/files/file-undo.ts';
import { applySeries, removeSeries } from '../../../../src/tools/git/patch-series.ts';
import { exec } from '../../../../src/tools/process/exec.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

const quiet = { emit: () => undefined };

describe('a series of patches in a tree', () => {
  let dir: string;
  let tree: string;
  let pristine: string;
  beforeEach(async () => {
    dir = tmpDir('patch series');
    // A tree below another repository: git must take the patch's paths from the tree, not from that repository.
    await exec(['git', 'init', '-q', dir], dir, quiet);
    tree = join(dir, 'tree');
    pristine = join(dir, 'pristine');
    await mkdir(join(tree, 'drivers'), { recursive: true });
    await writeFile(join(tree, 'drivers/bpmp.c'), 'one\ntwo\nthree\nfour\nfive\n');
    await writeFile(join(tree, 'Kconfig'), 'menu\nendmenu\n');
    await cp(tree, pristine, { recursive: true });
  });

  /** Make a patch folder: each change is a function from a file's text to its new text. */
  const series = async (name: string, changes: { file: string; to: string }[]) => {
    const folder = join(dir, name);
    const scratch = join(dir, `${name}-scratch`);
    await mkdir(folder);
    await cp(pristine, join(scratch, 'b'), { recursive: true });
    let text = '# in this order\n';
    for (const [at, { file, to }] of changes.entries()) {
      await rm(join(scratch, 'a'), { recursive: true, force: true });
      await cp(join(scratch, 'b'), join(scratch, 'a'), { recursive: true });
      await writeFile(join(scratch, 'b', file), to);
      const diff = ['sh', '-c', `diff -ruN a b; test $? = 1`] as const;
      const patch = await exec(diff, scratch, quiet);
      await writeFile(join(folder, `${at}.patch`), `Say why.\n\n${patch}\n`);
      text += `${at}.patch\n`;
    }
    await writeFile(join(folder, 'series'), text);
    return folder;
  };
  const contents = async () => {
    const files = (await readdir(tree, { recursive: true })).filter((name) => !name.startsWith('.bpmp-virt'));
    const entries = await Promise.all(
      files.sort().map(async (name) => {
        const path = join(tree, name);
        return [name, (await stat(path)).isFile() ? await readFile(path, 'utf8') : 'folder'] as const;
      }),
    );
    return Object.fromEntries(entries);
  };

  const RENAME = `Move it, and make a tool of it.

diff --git a/drivers/bpmp.c b/drivers/firmware/bpmp new.c
similarity index 100%
rename from drivers/bpmp.c
rename to drivers/firmware/bpmp new.c
diff --git a/Kconfig b/Kconfig
old mode 100644
new mode 100755
`;
  const handMade = async (name: string, patches: readonly string[]) => {
    const folder = join(dir, name);
    await mkdir(folder);
    for (const [at, text] of patches.entries()) await writeFile(join(folder, `${at}.patch`), text);
    await writeFile(join(folder, 'series'), patches.map((_, at) => `${at}.patch\n`).join(''));
    return folder;
  };
  const modeOf = async (file: string) => (await stat(join(tree, file))).mode & 0o111;

  it('with renames and modes goes in and out again, and leaves the tree as it was where a later patch fails', async () => {
    const before = await contents();
    const gone = 'diff --git a/gone b/gone\n--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-x\n+y\n';
    const failing = await handMade('failing', [RENAME, gone]);
    await expect(applySeries(tree, failing)).rejects.toThrow(/1\.patch does not apply/);
    expect([await contents(), await modeOf('Kconfig')]).toEqual([before, 0]);

    const folder = await handMade('moving', [RENAME]);
    expect(await applySeries(tree, folder)).toBe('applied');
    const after = await contents();
    expect(after['drivers/bpmp.c']).toBe(undefined);
    expect(after['drivers/firmware/bpmp new.c']).toBe(before['drivers/bpmp.c']);
    expect(await modeOf('Kconfig')).toBe(0o111);
    expect(await applySeries(tree, folder)).toBe('already there');
    expect(await applySeries(tree, await series('q', TWO))).toBe('replaced');
    expect(await modeOf('Kconfig')).toBe(0);
    expect(await applySeries(tree, folder)).toBe('replaced');
    await removeSeries(tree);
    expect([await contents(), await modeOf('Kconfig')]).toEqual([before, 0]);
  });

  it.each([
    ['a file above it', '../escaped'],
    ['a file above it, by a folder of its own', 'drivers/../../escaped'],
    ['an absolute file', '/tmp/bpmp-virt-escaped'],
    ['a file behind a symlink', 'door/escaped'],
  ])('touches nothing outside of its tree: %s', async (_, file) => {
    await symlink('..', join(tree, 'door'));
    const patch = `diff --git a/${file} b/${file}\nnew file mode 100644\n--- /dev/null\n+++ b/${file}\n@@ -0,0 +1 @@\n+evil\n`;
    const renaming = `diff --git a/Kconfig b/${file}\nsimilarity index 100%\nrename from Kconfig\nrename to ${file}\n`;
    const before = (await readdir(dir)).sort();
    for (const [at, text] of [patch, renaming].entries()) {
      const folder = await handMade(`evil-${at}`, [text]);
      await expect(applySeries(tree, folder)).rejects.toThrow(StepError);
      await rm(folder, { recursive: true });
    }
    expect((await readdir(dir)).sort()).toEqual(before);
    expect(await readFile(join(tree, 'Kconfig'), 'utf8')).toBe('menu\nendmenu\n');
  });

  const TWO = [
    { file: 'drivers/bpmp.c', to: 'one\nhook\ntwo\nthree\nfour\nfive\n' },
    { file: 'drivers/bpmp.c', to: 'one\nhook\nhook 2\ntwo\nthree\nfour\nfive\n' },
  ];

  it('goes in once, and not again', async () => {
    const folder = await series('p', TWO);
    expect(await applySeries(tree, folder)).toBe('applied');
    const after = await contents();
    expect(after['drivers/bpmp.c']).toContain('hook 2');
    const time = (await stat(join(tree, 'drivers/bpmp.c'))).mtimeMs;
    expect(await applySeries(tree, folder)).toBe('already there');
    expect(await contents()).toEqual(after);
    // What a double can hold of the ns: far less than the ms to which a Date would round.
    expect(Math.abs((await stat(join(tree, 'drivers/bpmp.c'))).mtimeMs - time)).toBeLessThan(0.01);
  });

  it('comes out again without a trace', async () => {
    const before = await contents();
    await applySeries(tree, await series('p', [...TWO, { file: 'new.c', to: 'new\n' }]));
    expect((await contents())['new.c']).toBe('new\n');
    expect(await removeSeries(tree)).toBe(true);
    expect(await contents()).toEqual(before);
    expect(await removeSeries(tree)).toBe(false);
  });

  it('is reversed with the kept copy when it has changed', async () => {
    const folder = await series('p', TWO);
    await applySeries(tree, folder);
    await rm(folder, { recursive: true });
    const other = await series('q', [{ file: 'Kconfig', to: 'menu\nsource\nendmenu\n' }]);
    expect(await applySeries(tree, other)).toBe('replaced');
    const after = await contents();
    expect(after['drivers/bpmp.c']).toBe('one\ntwo\nthree\nfour\nfive\n');
    expect(after['Kconfig']).toContain('source');
  });

  it('names patch, file and tree where it does not apply, and leaves the tree as it was', async () => {
    const good = await series('p', TWO);
    await applySeries(tree, good);
    const before = await contents();
    const bad = await series('q', [{ file: 'Kconfig', to: 'menu\nx\nendmenu\n' }, ...TWO.slice(0, 1)]);
    await writeFile(join(tree, 'drivers/bpmp.c'), (before['drivers/bpmp.c'] ?? '').replace('three', 'THREE'));
    const changed = await contents();
    const error = await applySeries(tree, bad).catch((cause: unknown) => cause);
    expect(String(error)).toContain(join(bad, '1.patch'));
    expect(String(error)).toContain(tree);
    expect(String(error)).toContain('drivers/bpmp.c');
    expect(await contents()).toEqual(changed);
  });

  it('takes notice of a tree that was set back by hand, and of patches put in by hand', async () => {
    const folder = await series('p', TWO);
    await applySeries(tree, folder);
    await cp(join(pristine, 'drivers/bpmp.c'), join(tree, 'drivers/bpmp.c'));
    expect(await applySeries(tree, folder)).toBe('applied');
    await rm(join(tree, '.bpmp-virt'), { recursive: true });
    expect(await applySeries(tree, folder)).toBe('already there');
  });

  it('is taken up after a run that died half-way through a file', async () => {
    const folder = await series('p', TWO);
    const died = withUndo(tree, ['drivers/bpmp.c', 'new.c'], async () => {
      await writeFile(join(tree, 'drivers/bpmp.c'), 'one\nho');
      await writeFile(join(tree, 'new.c'), 'half');
      // What a kill leaves: the undo folder is there, nobody has put it back.
      await cp(join(tree, '.bpmp-virt/undo'), join(dir, 'left'), { recursive: true });
      throw new Error('killed');
    });
    await expect(died).rejects.toThrow('killed');
    await writeFile(join(tree, 'drivers/bpmp.c'), 'one\nho');
    await writeFile(join(tree, 'new.c'), 'half');
    await cp(join(dir, 'left'), join(tree, '.bpmp-virt/undo'), { recursive: true });
    expect(await applySeries(tree, folder)).toBe('applied');
    const after = await contents();
    expect(after['drivers/bpmp.c']).toBe(TWO[1]?.to);
    expect(after['new.c']).toBeUndefined();
  });
});
