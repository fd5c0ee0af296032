// SPDX-License-Identifier: Apache-2.0
import { dirname, isAbsolute, join } from 'node:path';
import { Bug } from '../errors.ts';

/** What the prefixes of plan paths stand for; all absolute. */
export type PathRoots = { readonly work: string; readonly cache: string; readonly tool: string };

/**
 * A path as a recipe writes it, as a plan path: absolute as it is, `./` and `../` from the recipe's folder, all
 * else from this package.
 */
export function recipePath(path: string, recipeFile: string): string {
  if (isAbsolute(path)) return path;
  return /^\.\.?\//.test(path) ? join(dirname(recipeFile), path) : `tool:${path}`;
}

/**
 * The absolute path of a plan path.
 *
 * @throws {Error} it has no known prefix and is not absolute: a bug of ours
 */
export function resolvePlanPath(path: string, roots: PathRoots): string {
  const [, prefix, rest] = /^(work|cache|tool):(.*)$/s.exec(path) ?? [];
  if (prefix === 'work' || prefix === 'cache' || prefix === 'tool') return join(roots[prefix], rest ?? '');
  if (isAbsolute(path)) return path;
  throw new Bug(`'${path}' is not a plan path`);
}
