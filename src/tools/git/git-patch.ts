// SPDX-License-Identifier: Apache-2.0
import { StepError } from '../../errors.ts';
import { readText } from '../../read-file.ts';
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

/**
 * The files that `patch` touches, relative to the tree, those that it renames or copies by both names.
 *
 * @throws {StepError} it is not a patch, or one of its files lies outside of the tree
 */
export async function touchedFiles(tree: string, patch: string): Promise<readonly string[]> {
  let stat: string;
  try {
    stat = await gitIn(tree).raw(['apply', '--numstat', '-z', '--', patch]);
  } catch (cause) {
    throw new StepError(
      `${patch} is not a patch: ${cause instanceof Error ? cause.message.trim() : String(cause)}`,
      'Correct it, or take it out of the series.',
      { cause },
    );
  }
  const named = stat
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^[-\d]+\t[-\d]+\t/, ''));
  const files = [...new Set([...named, ...(await movedFiles(patch))])];
  const outside = files.find((file) => file.startsWith('/') || file.split('/').includes('..'));
  if (outside === undefined) return files;
  throw new StepError(
    `${patch} changes ${outside}, which lies outside of ${tree}`,
    'Take it out of the series: a patch may change its own tree only.',
  );
}

/** What a patch renames or copies, by both names: git lists the new ones only. */
async function movedFiles(patch: string): Promise<readonly string[]> {
  const text = await readText(patch);
  return [...text.matchAll(/^(?:rename|copy) (?:from|to) (.*?)\r?$/gm)].map(([, name = '']) => unquote(name));
}

/** A name as git writes it: in quotes, with C's escapes, where it has unusual signs. */
function unquote(name: string): string {
  if (!name.startsWith('"')) return name;
  const bytes = name.slice(1, -1).replace(/\\([0-7]{3}|.)/g, (_all, code: string) => {
    const known: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
    return code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (known[code] ?? code);
  });
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
