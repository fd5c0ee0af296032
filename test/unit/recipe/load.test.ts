// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { UsageError } from '../../../src/errors.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const recipes = join(import.meta.dirname, '../../../recipes');
const names = readdirSync(recipes)
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'))
  .map((name) => name.replace('.yaml', ''));

/** A folder of recipe files; `load` gives the recipe, or the error. */
function folder(files: Readonly<Record<string, unknown>>) {
  const cwd = tmpDir();
  mkdirSync(join(cwd, 'sub'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(cwd, name), typeof content === 'string' ? content : stringify(content));
  }
  const load = (name: string) => loadRecipe(name, { recipes, cwd });
  const fail = async (name: string) => {
    const error: unknown = await load(name).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : '';
  };
  return { cwd, load, fail };
}

const child = (more: object) => ({ version: 1, description: 'x', extends: 'debian-6.12', ...more });

test('there are recipes for the mission, for Debian, and for every release of Jetson Linux 36', () => {
  expect(names).toEqual(
    expect.arrayContaining([
      'l4t-36.3',
      'debian-6.12',
      'l4t-36.2',
      'l4t-36.4',
      'l4t-36.4.3',
      'l4t-36.4.4',
      'l4t-36.5',
    ]),
  );
});

test.each(names)('recipe %s is sound', async (name) => {
  const loaded = await loadRecipe(name, { recipes, cwd: '/' });
  expect(loaded.name).toBe(name);
});

test('releases share no download', async () => {
  const loaded = await Promise.all(names.map((name) => loadRecipe(name, { recipes, cwd: '/' })));
  const sums = new Map(
    loaded.flatMap(({ recipe: { l4t } }) => (l4t ? [[l4t.release, l4t.bsp.sha256] as const] : [])),
  );
  expect(sums.size).toBe(6);
  expect(new Set(sums.values()).size).toBe(6);
});

describe('extends', () => {
  test('merges maps, replaces lists, takes away what is null', async () => {
    const { load } = folder({
      'a.yaml': child({
        qemu: { configure: ['--x'] },
        kernel: { wanted: { CONFIG_KVM: null, CONFIG_X: 'y' } },
      }),
    });
    const { recipe } = await load('./a.yaml');
    expect(recipe.qemu.configure).toEqual(['--x']);
    expect(recipe.qemu.overlay).toBe('qemu-overlay');
    expect(recipe.kernel.wanted).not.toHaveProperty('CONFIG_KVM');
    expect(recipe.kernel.wanted).toMatchObject({ CONFIG_X: 'y', CONFIG_TEGRA_BPMP: 'y' });
    expect(recipe.l4t).toBeUndefined();
  });

  test('a source of another kind replaces the whole source', async () => {
    const { load } = folder({ 'a.yaml': child({ kernel: { source: { kind: 'path', path: './linux' } } }) });
    expect((await load('a.yaml')).recipe.kernel.source).toEqual({ kind: 'path', path: './linux' });
  });

  test('relative paths of a parent mean the parent’s folder', async () => {
    const { load, cwd } = folder({
      'a.yaml': child({
        kernel: { patches: './patches', fragments: ['./a.config', 'recipes/kconfig/lab.config'] },
      }),
      'sub/b.yaml': child({ extends: '../a.yaml', qemu: { patches: '../mine', overlay: './over' } }),
    });
    const { recipe } = await load('sub/b.yaml');
    expect(recipe.kernel.patches).toBe(join(cwd, 'patches'));
    expect(recipe.kernel.fragments).toEqual([join(cwd, 'a.config'), 'recipes/kconfig/lab.config']);
    expect([recipe.qemu.patches, recipe.qemu.overlay]).toEqual(['../mine', './over']);
  });

  test('goes by name, and by a path relative to the file', async () => {
    const { load } = folder({ 'a.yaml': child({}), 'sub/b.yaml': child({ extends: '../a.yaml' }) });
    expect((await load('sub/b.yaml')).recipe.qemu.version).toBe('7.2');
  });

  test('in a circle is refused', async () => {
    const { fail } = folder({
      'a.yaml': child({ extends: './b.yaml' }),
      'b.yaml': child({ extends: './a.yaml' }),
    });
    expect(await fail('a.yaml')).toMatch(/b\.yaml.*extends.*a\.yaml/);
  });
});

describe('refuses', () => {
  test('unknown keys and wrong values, all at once, each with its path', async () => {
    const { fail } = folder({
      'a.yaml': child({
        colour: 'red',
        kernel: { base: 'tinyconfig', wanted: { KVM: 'y' } },
        vms: [{ name: 'Bad Name', devices: [], memory: '1T', speed: 3 }],
      }),
    });
    const message = await fail('a.yaml');
    for (const part of [
      'colour',
      'kernel.base:',
      'kernel.wanted',
      'vms.0.name:',
      'vms.0.devices:',
      'vms.0.memory:',
      'speed',
    ]) {
      expect(message).toContain(part);
    }
  });

  test('a tag that is not the release’s', async () => {
    const { fail } = folder({ 'a.yaml': child({ extends: 'l4t-36.3', l4t: { tag: 'jetson_36.6' } }) });
    expect(await fail('a.yaml')).toContain('l4t.tag: release 36.3.0 is tagged jetson_36.3, not jetson_36.6');
  });

  test.each([
    [{ qemu: { overlay: null } }, 'qemu.overlay: overlay and patches belong together'],
    [
      { qemu: { version: '10.1' } },
      'qemu.version: 10.1 is none of those that are built here: 7.2, 10.0, 10.2',
    ],
    [{ qemu: { sysroot: null } }, 'qemu.sysroot: is needed'],
    [{ hostTree: 'bsp:x.dtb' }, 'hostTree: is of the BSP'],
    [
      {
        vms: [
          { name: 'a', devices: ['uarta'] },
          { name: 'a', devices: ['uarta'] },
        ],
      },
      'vms.1.name: a is the name of an earlier one\n  vms.1.devices: uarta is already given to a',
    ],
    [
      { extends: 'l4t-36.3', l4t: { commits: { nope: 'a'.repeat(40) } } },
      'l4t.commits.nope: names no folder',
    ],
    [
      { extends: 'l4t-36.3', l4t: { sources: 'public-sources', publicSources: null } },
      'l4t.publicSources: is needed',
    ],
  ])('%j', async (change, message) => {
    const { fail } = folder({ 'a.yaml': child(change) });
    expect(await fail('a.yaml')).toContain(message);
  });

  test('a file that is not there, is not YAML, or no map', async () => {
    const { fail } = folder({ 'a.yaml': 'a: [', 'b.yaml': '- 1' });
    expect(await fail('./none.yaml')).toContain('no recipe at');
    expect(await fail('a.yaml')).toContain('is not YAML');
    expect(await fail('b.yaml')).toContain('must be a map');
  });
});

describe('lock file', () => {
  const commit = 'c'.repeat(40);

  test('its pins reach the recipe', async () => {
    const { load } = folder({
      'a.yaml': child({ extends: 'l4t-36.4.3' }),
      'a.lock.yaml': {
        version: 1,
        pins: {
          'kernel.source': { commit },
          'qemu.source': { version: '1:7.2' },
          'l4t.trees.nvgpu': { commit },
        },
      },
    });
    const { recipe } = await load('a.yaml');
    expect(recipe.kernel.source).toMatchObject({ kind: 'git', commit });
    expect(recipe.qemu.source).toMatchObject({ kind: 'debian', version: '1:7.2' });
    expect(recipe.l4t?.commits).toEqual({ nvgpu: commit });
  });

  test('of a recipe that is extended holds for what is left as it is there', async () => {
    const { load } = folder({
      'a.yaml': child({ extends: 'l4t-36.4.3' }),
      'a.lock.yaml': {
        version: 1,
        pins: {
          'kernel.source': { commit },
          'qemu.source': { version: '1:7.2' },
          'l4t.trees.nvgpu': { commit },
          'l4t.trees.nvidia-oot': { commit },
        },
      },
      'b.yaml': child({ extends: './a.yaml', l4t: { commits: { 'nvidia-oot': 'd'.repeat(40) } } }),
      'c.yaml': child({ extends: './b.yaml', kernel: { source: { ref: 'v6.12.6' } } }),
      'c.lock.yaml': { version: 1, pins: { 'qemu.source': { version: '1:7.3' } } },
    });
    const b = (await load('b.yaml')).recipe;
    expect(b.kernel.source).toMatchObject({ commit });
    expect(b.l4t?.commits).toEqual({ nvgpu: commit, 'nvidia-oot': 'd'.repeat(40) });
    const c = (await load('c.yaml')).recipe;
    expect(c.kernel.source).not.toHaveProperty('commit');
    expect(c.qemu.source).toMatchObject({ version: '1:7.3' });
    expect(c.l4t?.commits).toEqual(b.l4t?.commits);
  });

  const sysroot = ['libglib2.0-dev', 'libpixman-1-dev', 'libslirp-dev', 'libseccomp-dev', 'libfdt-dev'];
  const versions = Object.fromEntries([...sysroot, 'libc6-dev', 'src:libslirp'].map((name) => [name, '1-1']));

  test('what QEMU is built with is pinned as well', async () => {
    const { load } = folder({
      'a.yaml': child({ extends: 'debian-6.12-qemu-10.0' }),
      'a.lock.yaml': {
        version: 1,
        pins: { 'qemu.sysroot': { versions }, 'qemu.meson': { version: '1.7.0-1' } },
      },
    });
    const { qemu } = (await load('a.yaml')).recipe;
    expect(qemu.sysroot?.versions).toEqual(versions);
    expect(qemu.meson).toBe('1.7.0-1');
  });

  test('of another list of packages is refused, and so is a version that the recipe has otherwise', async () => {
    const { 'libfdt-dev': _, ...fewer } = versions;
    const stale = folder({
      'a.yaml': child({}),
      'a.lock.yaml': { version: 1, pins: { 'qemu.sysroot': { versions: fewer } } },
    });
    expect(await stale.fail('a.yaml')).toContain('libfdt-dev, which the lock file has not');
    const other = folder({
      'a.yaml': child({ qemu: { sysroot: { versions: { 'libfdt-dev': '2-1' } } } }),
      'a.lock.yaml': { version: 1, pins: { 'qemu.sysroot': { versions } } },
    });
    expect(await other.fail('a.yaml')).toContain(
      'qemu.sysroot.versions.libfdt-dev is 2-1 in the recipe and 1-1 in its lock file',
    );
  });

  test('that contradicts the recipe is refused', async () => {
    const { fail } = folder({
      'a.yaml': child({ extends: 'l4t-36.3' }),
      'a.lock.yaml': { version: 1, pins: { 'l4t.trees.nvgpu': { commit } } },
    });
    expect(await fail('a.yaml')).toMatch(/l4t\.commits\.nvgpu is 53708f.* in the recipe and ccc/);
  });

  test('with unknown keys is refused', async () => {
    const { fail } = folder({ 'a.yaml': child({}), 'a.lock.yaml': { version: 1, pins: {}, more: 1 } });
    expect(await fail('a.yaml')).toContain('is not a lock file');
  });
});
