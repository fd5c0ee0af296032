// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { PathRoots } from '../plan/plan-paths.ts';
import type { RecipePlace } from '../recipe/load.ts';
import type { CliContext } from './context.ts';

/** The folder of this package: the overlays, patches, templates and recipes are in it. */
export const TOOL_ROOT = resolve(import.meta.dirname, '../..');

/**
 * Where a run works: `work` as given on the command line, the cache as the XDG base directories say.
 *
 * @throws {EnvironmentError} there is no home to have a cache in
 */
export function pathRoots(work: string, cli: CliContext): PathRoots {
  return { work: resolve(cli.cwd, work), cache: cacheFolder(cli.env), tool: TOOL_ROOT };
}

function cacheFolder(env: CliContext['env']): string {
  const { XDG_CACHE_HOME: base } = env;
  // A relative one is to be ignored, says the specification: it would be another cache in every folder.
  if (base !== undefined && isAbsolute(base)) return join(base, 'bpmp-virt');
  const home = homedir();
  if (isAbsolute(home)) return join(home, '.cache/bpmp-virt');
  throw new EnvironmentError(
    `HOME is '${home}', which is not an absolute path, so there is no place for the cache of downloads`,
    'Set HOME, or XDG_CACHE_HOME, to the absolute path of a folder.',
  );
}

/** Where recipes are looked for. */
export function recipePlace(cli: CliContext): RecipePlace {
  return { recipes: join(TOOL_ROOT, 'recipes'), cwd: cli.cwd };
}
