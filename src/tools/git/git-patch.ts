// SPDX-License-Identifier: Apache-2.0
import { StepError } from '../../errors.ts';
import { gitIn } from './git.ts';

/**
 * Apply `patch` to `tree`, or take it back.
 *
 * @throws {StepError} git refuses; it has then changed nothing
 */
export async function applyPatch(tree: string, patch: string, reverse = false): Promise<void> {
  const words = ['apply', '--whitespace=nowarn', ...(reverse ? ['--reverse'] : []), '--', patch];
  try {
    await gitIn(tree).raw(words);
  } catch (cause) {
    const what = reverse ? 'cannot be taken back from' : 'does not apply to';
    throw new StepError(`${patch} ${what} ${tree}\n${cause instanceof Error ? cause.message : ''}`, '', {
      cause,
    });
  }
}

/** The files that `patch` touches, relative to the tree. @throws {StepError} it is no patch */
export async function touchedFiles(tree: string, patch: string): Promise<readonly string[]> {
  let stat: string;
  try {
    stat = await gitIn(tree).raw(['apply', '--numstat', '-z', '--', patch]);
  } catch (cause) {
    throw new StepError(
      `${patch} is no patch: ${cause instanceof Error ? cause.message.trim() : String(cause)}`,
      'Mend it, or take it out of the series.',
      { cause },
    );
  }
  return stat
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^[-\d]+\t[-\d]+\t/, ''));
}
