// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { z } from 'zod';
import { recipeSchema } from '../../../src/recipe/schema.ts';

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
