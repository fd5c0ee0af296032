// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { z } from 'zod';
import { recipeJsonSchema, recipeMarkdown } from '../../../src/recipe/docs.ts';
import { recipeSchema } from '../../../src/recipe/schema.ts';

// `npx vitest run --project unit -u` writes both files anew.
test('recipes/schema.json is what the code says', async () => {
  await expect(recipeJsonSchema()).toMatchFileSnapshot('../../../recipes/schema.json');
});

test('docs/recipes.md is what the code says', async () => {
  await expect(recipeMarkdown()).toMatchFileSnapshot('../../../docs/recipes.md');
});

/** Every schema below `value`, with where it is. */
function* schemas(value: unknown, path: string): Generator<{ path: string; schema: object }> {
  if (typeof value !== 'object' || value === null) return;
  yield { path, schema: value };
  for (const [key, inner] of Object.entries(value)) yield* schemas(inner, `${path}/${key}`);
}

test('every key has a description', () => {
  const all = [...schemas(z.toJSONSchema(recipeSchema, { io: 'input' }), '')];
  const keys = all.filter(({ path }) => /\/properties\/[^/]+$/.test(path));
  expect(keys.length).toBeGreaterThan(50);
  expect(keys.filter(({ schema }) => !('description' in schema)).map(({ path }) => path)).toEqual([]);
});
