// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { hashFile, readText } from '../read-file.ts';
import { isCode } from '../tools/files/write-file.ts';

const SUMS = 'SHA256SUMS';
/** How many files an error names. */
const NAMED = 5;

/**
 * Hold a bundle against its SHA256SUMS: what a copy that was cut off, a bad disk or somebody's editor has left is not used. A bundle
 * without that file, which somebody made by hand, is taken as it is; a file that is not listed is its owner's affair.
 *
 * @param known sums of files that were hashed already, by name
 * @throws {UsageError} files are missing or other ones than listed, or the list cannot be read
 */
export async function requireSums(
  folder: string,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const list = await readText(join(folder, SUMS)).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (list === undefined) return;
  const entries = readSums(list);
  if (entries === undefined) throw bad(folder, NO_LIST);
  const wrong: string[] = [];
  for (const { name, sha256 } of entries) {
    const found = known.get(name) ?? (await sumOfFile(join(folder, name)));
    if (found !== sha256) wrong.push(`${name}${found === undefined ? ' (missing)' : ''}`);
  }
  if (wrong.length > 0) throw bad(folder, notAsListed(wrong));
}

/** What is said of a list that is none. */
export const NO_LIST = `${SUMS} has a line that is not a sum and a name`;

/** What is said of files that are not what the list says; the first few are named. */
export function notAsListed(wrong: readonly string[]): string {
  const more = wrong.length > NAMED ? ` and ${wrong.length - NAMED} more` : '';
  return `not as ${SUMS} has them: ${wrong.slice(0, NAMED).join(', ')}${more}`;
}

/** A file and what it hashes to. */
export type FileSum = { readonly name: string; readonly sha256: string };

/** What sha256sum wrote; undefined where a line is not a sum and a name. */
export function readSums(list: string): readonly FileSum[] | undefined {
  const sums = list
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line));
  if (sums.includes(null)) return undefined;
  return sums.map((found) => ({ sha256: found?.[1] ?? '', name: found?.[2] ?? '' }));
}

async function sumOfFile(path: string): Promise<string | undefined> {
  try {
    return await hashFile(path);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function bad(folder: string, why: string): UsageError {
  return new UsageError(
    `the bundle ${folder} is not whole: ${why}`,
    `Build or copy it anew. Where you changed a file on purpose, write its sum into ${SUMS}.`,
  );
}
