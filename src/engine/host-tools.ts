// SPDX-License-Identifier: Apache-2.0
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { BoundStep } from './bound-step.ts';

/** Programs that the engine itself runs. */
const OWN = ['flock', 'sync'];

/** Which programs of the steps are not on `path`, each once, sorted. */
export async function missingTools(
  steps: readonly BoundStep[],
  path: string | undefined,
): Promise<readonly string[]> {
  const wanted = [...new Set([...OWN, ...steps.flatMap((step) => step.tools)])].sort();
  const found = await Promise.all(wanted.map((program) => isInstalled(program, path)));
  return wanted.filter((_, at) => !found[at]);
}

async function isInstalled(program: string, path = ''): Promise<boolean> {
  const places = isAbsolute(program)
    ? [program]
    : path.split(delimiter).map((folder) => join(folder, program));
  const found = await Promise.all(
    places.map((place) =>
      access(place, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
