// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import { EnvironmentError } from '../../errors.ts';
import { readText } from '../../read-file.ts';
import { isCode } from './write-file.ts';

/** What `text` says where it is JSON of the shape `schema`; undefined where it is anything else. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    const { success, data } = schema.safeParse(JSON.parse(text));
    return success ? data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The JSON file `path`, which we wrote; undefined where there is none. A file of which something is to be taken back or deleted must
 * be understood: where it is not, nothing is touched.
 *
 * @throws {EnvironmentError} it is damaged, or of another version
 */
export async function readOwnJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  const found = parseJson(text, schema);
  if (found !== undefined) return found;
  throw new EnvironmentError(
    `${path} cannot be understood: somebody changed it, or another version wrote it`,
    'It says what we did there. Take a fresh tree, or delete the file if nothing there is to be taken back.',
  );
}
