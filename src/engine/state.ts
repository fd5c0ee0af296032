// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readText } from '../read-file.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { parseJson } from '../tools/files/read-json.ts';
import { isCode, syncFolder, writeFileWhole } from '../tools/files/write-file.ts';

/** What is kept of a step that is done. */
const stateSchema = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  fingerprint: z.string(),
  ms: z.number(),
  /** Its single files in the work folder, as they were. */
  outputs: z
    .record(z.string(), z.strictObject({ size: z.number(), mtimeMs: z.number(), sha256: z.string() }))
    .optional(),
  /** The trees of the user's that it read, as they were when it began. */
  watched: z.string().optional(),
});
export type StepState = Readonly<z.infer<typeof stateSchema>>;

/** The folder of a work folder where the engine keeps its own files. */
export function stateFolder(work: string): string {
  return join(work, '.bpmp-virt');
}

function stateFile(work: string, id: string): string {
  return join(stateFolder(work), 'steps', `${id}.json`);
}

/** What is known of step `id`; undefined where it is not done, or its file cannot be understood. */
export async function readState(work: string, id: string): Promise<StepState | undefined> {
  try {
    return parseJson(await readText(stateFile(work, id)), stateSchema);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Mark a step as done; whole or not at all. */
export async function writeState(work: string, state: StepState): Promise<void> {
  await writeFileWhole(stateFile(work, state.id), `${JSON.stringify(state)}\n`);
}

/**
 * Forget that steps were done, before any of them runs: a run that is cut off in the middle of one must not leave the mark
 * of an earlier run beside half a result. `ids` in plan order; the last goes first, so that no mark outlives one it rests on.
 */
export async function forgetStates(work: string, ids: readonly string[]): Promise<void> {
  for (const id of ids.toReversed()) await rm(stateFile(work, id), { force: true });
  const folder = join(stateFolder(work), 'steps');
  await makeFolder(folder);
  await syncFolder(folder);
}
