// SPDX-License-Identifier: Apache-2.0
import { floatingOf } from '../../recipe/floating.ts';
import { loadUnlocked } from '../../recipe/load.ts';
import { formatLock, lockFileOf, type Pin, readLock } from '../../recipe/lock-file.ts';
import type { CliContext } from '../context.ts';
import { recipePlace } from '../places.ts';
import { archiveContext } from './archive-context.ts';
import { pinSource } from './pin-source.ts';

/**
 * The lock file of `recipe`, as it would be now: where it lies and its text. Nothing is written but the tool's cache.
 *
 * @param mirrors `PREFIX=URL` of the command line
 * @throws {UsageError} something other than a lock file has its name, or a server answers, and has no such tag, branch, package or file
 */
export async function lockRecipe(
  recipe: string,
  mirrors: readonly string[],
  cli: CliContext,
): Promise<{ readonly file: string; readonly text: string }> {
  const loaded = await loadUnlocked(recipe, recipePlace(cli));
  const file = lockFileOf(loaded.file);
  // What is there and is not a lock is not ours to replace.
  await readLock(file);
  const ctx = archiveContext(cli, { mirror: mirrors });
  const pins: Record<string, Pin> = {};
  for (const source of floatingOf(loaded.recipe)) {
    const pin = await pinSource(source, ctx);
    pins[source.key] = pin;
    cli.warn(`${source.key}: ${describePin(pin)}`);
  }
  return { file, text: formatLock({ version: 1, pins }) };
}

function describePin(pin: Pin): string {
  return 'versions' in pin ? `${Object.keys(pin.versions).length} packages` : Object.values(pin).join('');
}
