// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { otherRelease, releaseOfLine, releaseOfName } from '../../../src/recipe/known-releases.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';

const recipes = join(import.meta.dirname, '../../../recipes');
const load = (name: string) => loadRecipe(name, { recipes, cwd: '/' });
const NAMES = readdirSync(recipes)
  .filter((name) => /^l4t-[\d.]+\.yaml$/.test(name))
  .map((name) => name.replace(/\.yaml$/, ''));

describe('a release of Jetson Linux without a recipe is refused with the one to take:', () => {
  test.each([
    ['l4t-36.4.7', 'Debian packages alone', 'l4t-36.4.4'],
    ['l4t-36.5.2', 'BSP was not there', 'l4t-36.5'],
    ['l4t-36.3.0', 'shorter name', 'l4t-36.3'],
    ['l4t-36.9', 'no recipe for Jetson Linux 36.9', 'l4t-36.5'],
    ['l4t-38.4', 'Thor', 'l4t-36.5'],
    ['l4t-39.2', 'JetPack 7.2', 'l4t-36.5'],
    ['l4t-39.2.1', 'JetPack 7.2', 'l4t-36.5'],
    ['l4t-35.4.1', 'JetPack 5', 'l4t-36.5'],
  ])('%s', async (name, why, use) => {
    await expect(load(name)).rejects.toMatchObject({
      message: expect.stringContaining(why),
      hint: expect.stringContaining(use),
    });
    expect(NAMES).toContain(use);
  });
  test('one that is near another is a typo, and said once', async () => {
    await expect(load('l4t-36.33')).rejects.toMatchObject({
      message: 'no recipe for Jetson Linux 36.33',
      hint: expect.stringMatching(/^Did you mean l4t-36\.3 /),
    });
  });
  test('another name is another mistake', async () => {
    await expect(load('nothing')).rejects.toThrow('no recipe at');
  });
});

test('what is read from files and names', () => {
  expect(releaseOfLine('# R39 (release), REVISION: 2.1, GCID: 1\n')).toBe('39.2.1');
  expect(releaseOfLine('')).toBe(undefined);
  expect(releaseOfName('/x/l4t-36.4.7.yaml')).toBe('36.4.7');
  expect(releaseOfName('/x/l4t-36.3-qemu-fork.yaml')).toBe(undefined);
  expect(otherRelease('360.1')).toBe(undefined);
});

/** Archives that were replaced in place, as OE4T/meta-tegra's history records them: an old sum is never the one that is wanted. */
test.each([
  ['l4t-36.2', 'bsp', '8cde3bd9', '50a2dc87'],
  ['l4t-36.2', 'bsp', '72b75a0c', '50a2dc87'],
  ['l4t-36.2', 'publicSources', '89368d70', 'd034888e'],
  ['l4t-36.2', 'publicSources', 'cad6179a', 'd034888e'],
  ['l4t-36.3', 'bsp', '47692375', 'b4656540'],
  ['l4t-36.3', 'publicSources', '4e3ff614', 'e94dbe00'],
  ['l4t-36.4', 'publicSources', 'a99cb917', '6e95abdf'],
] as const)('%s knows the upload %s %s that was replaced', async (name, file, old, now) => {
  const { recipe } = await load(name);
  const download = recipe.l4t?.[file];
  expect(download?.sha256?.slice(0, 8)).toBe(now);
  expect(Object.keys(download?.superseded ?? {}).map((sum) => sum.slice(0, 8))).toContain(old);
});

test('no recipe wants what another, or it itself, knows as replaced', async () => {
  const texts = NAMES.map((name) => readFileSync(join(recipes, `${name}.yaml`), 'utf8')).join('\n');
  const wanted = [...texts.matchAll(/^ +sha256: ([0-9a-f]{64})$/gm)].map(([, sum]) => sum);
  const replaced = [...texts.matchAll(/^ +([0-9a-f]{64}):/gm)].map(([, sum]) => sum);
  expect(replaced.length).toBeGreaterThan(6);
  expect(wanted.filter((sum) => replaced.includes(sum))).toEqual([]);
});
