// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/errors.ts';
import { copyOver, linkInto, removeOverlays } from '../../../../src/tools/files/overlay.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

describe('an overlay in a tree', () => {
  let tree: string;
  let overlay: string;
  beforeEach(async () => {
    const dir = tmpDir('over lay');
    tree = join(dir, 'tree');
    overlay = join(dir, 'our/overlay');
    await mkdir(join(tree, 'drivers'), { recursive: true });
    await writeFile(join(tree, 'drivers/theirs.c'), 'theirs');
    await mkdir(join(overlay, 'drivers/sub'), { recursive: true });
    await writeFile(join(overlay, 'drivers/sub/ours.c'), 'ours');
  });

  it('is a relative symlink that works, can be moved, and goes again', async () => {
    await linkInto(tree, 'drivers/virt', overlay);
    await linkInto(tree, 'drivers/virt', overlay);
    expect(await readlink(join(tree, 'drivers/virt'))).toBe('../../our/overlay');
    expect(await readFile(join(tree, 'drivers/virt/drivers/sub/ours.c'), 'utf8')).toBe('ours');
    await linkInto(tree, 'drivers/virt', join(overlay, 'drivers'));
    expect(await readFile(join(tree, 'drivers/virt/sub/ours.c'), 'utf8')).toBe('ours');
    expect(await removeOverlays(tree)).toBe(1);
    expect(await readdir(join(tree, 'drivers'))).toEqual(['theirs.c']);
  });

  it('replaces no link and no file of others', async () => {
    await symlink('/etc', join(tree, 'drivers/virt'));
    await expect(linkInto(tree, 'drivers/virt', overlay)).rejects.toThrow(UsageError);
    await expect(linkInto(tree, 'drivers/theirs.c', overlay)).rejects.toThrow(UsageError);
    await writeFile(join(overlay, 'drivers/theirs.c'), 'ours');
    await expect(copyOver(tree, overlay)).rejects.toThrow(/theirs\.c is in the way/);
    expect(await readFile(join(tree, 'drivers/theirs.c'), 'utf8')).toBe('theirs');
    expect(await readdir(join(tree, 'drivers'))).toEqual(['theirs.c', 'virt']);
  });

  it('is copied, follows changes, touches nothing that is the same, and goes again', async () => {
    await writeFile(join(overlay, 'top.c'), '1');
    expect(await copyOver(tree, overlay)).toEqual({ changed: 2, removed: 0 });
    const time = (await stat(join(tree, 'drivers/sub/ours.c'))).mtimeMs;
    await writeFile(join(overlay, 'top.c'), '2');
    expect(await copyOver(tree, overlay)).toEqual({ changed: 1, removed: 0 });
    expect((await stat(join(tree, 'drivers/sub/ours.c'))).mtimeMs).toBe(time);
    await rm(join(overlay, 'drivers/sub/ours.c'));
    expect(await copyOver(tree, overlay)).toEqual({ changed: 0, removed: 1 });
    expect(await readdir(join(tree, 'drivers'))).toEqual(['theirs.c']);
    expect(await removeOverlays(tree)).toBe(1);
    expect((await readdir(tree)).sort()).toEqual(['.bpmp-virt', 'drivers']);
  });
});
