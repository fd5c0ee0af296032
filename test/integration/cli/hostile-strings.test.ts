// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { bindSteps } from '../../../src/engine/bound-step.ts';
import { formatShell } from '../../../src/plan/format.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { resolvePlanPath } from '../../../src/plan/plan-paths.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { type Recipe, recipeSchema } from '../../../src/recipe/schema.ts';
import { loadStep } from '../../../src/steps/index.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');
const RECIPES = join(ROOT, 'recipes');
/** Each would make the file $PWN where a shell takes it for more than a word. */
const HOSTILE = (word: string) => [
  `${word}$(touch $PWN)`,
  `${word}\`touch $PWN\``,
  `${word};touch $PWN;`,
  `${word}'; touch $PWN; '`,
  `${word}"; touch $PWN; "`,
  `${word}\ntouch $PWN\n`,
  `${word}\nEND_OF_FILE\ntouch $PWN\n`,
];

/** Paths of all strings of a recipe. */
function strings(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => strings(inner, [...path, key]));
}

function put(value: unknown, [key = '', ...rest]: readonly string[], change: (old: string) => string): void {
  const map = value as Record<string, unknown>;
  if (rest.length > 0) put(map[key], rest, change);
  else map[key] = change(String(map[key]));
}

async function script(recipe: Recipe, work: string): Promise<string> {
  const loaded = { name: 'x', word: 'x', file: join(RECIPES, 'x.yaml'), recipe };
  const plan = makePlan(loaded);
  const roots = { work, cache: join(work, 'cache'), tool: ROOT };
  const ctx = { path: (path: string) => resolvePlanPath(path, roots), jobs: 1, url: (url: string) => url };
  const steps = await bindSteps(plan.steps, loadStep);
  const all = steps.map(
    async (step) => [step.id, { title: step.title, shell: await step.shell(ctx), folders: [] }] as const,
  );
  const texts = new Map(await Promise.all(all));
  return formatShell(plan, ({ id }) => texts.get(id) ?? { title: id, shell: [], folders: [] }).replace(
    'set -eu',
    'set -u',
  );
}

/** `recipe` with every string changed that may be so, and how many those are. */
function spoil(recipe: Recipe, change: (old: string) => string): readonly [Recipe, number] {
  let whole = recipe;
  let count = 0;
  for (const place of strings(recipe)) {
    const candidate: unknown = structuredClone(whole);
    put(candidate, place, change);
    const { success, data } = recipeSchema.safeParse(candidate);
    if (!success) continue;
    whole = data;
    count += 1;
  }
  return [whole, count];
}

/** A PATH on which every program does nothing, but for those that the words of a shell need. */
function nothingPath(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['mkdir', 'mktemp', 'sed', 'cat', 'touch', 'dirname'])
    symlinkSync(`/usr/bin/${name}`, join(bin, name));
  return bin;
}

test.each(['debian-6.12', 'l4t-36.3'])(
  'no string of %s reaches the shell as more than a word',
  async (name) => {
    const folder = tmpDir('hostile');
    const path = nothingPath(folder);
    const { recipe } = await loadRecipe(name, { recipes: RECIPES, cwd: folder });
    let tried = 0;
    const bad: string[] = [];
    for (const [at] of HOSTILE('').entries()) {
      const [changed, places] = spoil(recipe, (old) => HOSTILE(old)[at] ?? '');
      tried += places;
      const file = join(folder, 'script');
      writeFileSync(file, await script(changed, join(folder, 'work')));
      await execa('/bin/sh', [file], {
        cwd: folder,
        env: { PATH: path, PWN: join(folder, 'PWN') },
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        timeout: 30_000,
      });
      if (existsSync(join(folder, 'PWN'))) bad.push(HOSTILE('')[at] ?? '');
      rmSync(join(folder, 'PWN'), { force: true });
    }
    expect(bad).toEqual([]);
    expect(tried).toBeGreaterThan(30);
  },
);

test('a recipe whose file name has a line end is refused: it would stand in a script that root runs', async () => {
  const folder = tmpDir('hostile');
  const file = join(folder, 'a\ntouch PWN.yaml');
  writeFileSync(file, readFileSync(join(RECIPES, 'debian-6.12.yaml')));
  await expect(loadRecipe(file, { recipes: RECIPES, cwd: folder })).rejects.toThrow('control characters');
});
