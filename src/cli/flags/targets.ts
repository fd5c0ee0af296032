// SPDX-License-Identifier: Apache-2.0
import { parse } from 'yaml';
import { UsageError } from '../../errors.ts';
import { readText } from '../../read-file.ts';
import { parseTarget } from '../../tools/ssh.ts';

/**
 * The boards that the command line names: `--target`, repeated, and a YAML file with a list of such words.
 *
 * @param example how one is named, of the verb that asks
 * @throws {UsageError} none, one twice, one that is not a target, or a file of another shape
 */
export async function namedTargets(
  words: readonly string[],
  file: string | undefined,
  example: string,
): Promise<readonly [string, ...string[]]> {
  const [first, ...rest] = [...words, ...(file === undefined ? [] : await readTargets(file))];
  if (first === undefined)
    throw new UsageError('no board is named', `Name one: ${example}; or many, with --targets FILE.`);
  const all = [first, ...rest] as const;
  for (const target of all) parseTarget(target);
  const twice = all.find((target, at) => all.indexOf(target) !== at);
  if (twice !== undefined) throw new UsageError(`${twice} is named twice`, 'Name each board once.');
  return all;
}

async function readTargets(file: string): Promise<readonly string[]> {
  const text = await readText(file).catch((cause: unknown) => {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${file} cannot be read`, 'Name a YAML file with a list of targets.', { cause });
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is not YAML`, 'Write a list: - ssh://root@10.0.0.2', { cause });
  }
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw new UsageError(`${file} is not a list of targets`, 'Write a list: - ssh://root@10.0.0.2');
  return value;
}
