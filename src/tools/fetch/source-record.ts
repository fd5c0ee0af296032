// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { readOwnJson } from '../files/read-json.ts';
import { isCode, writeFileWhole } from '../files/write-file.ts';

const recordSchema = z.object({
  /** The tree, relative to the work folder. */
  tree: z.string(),
  from: z.string(),
  /** A commit, a Debian version or a sha256. */
  exact: z.string(),
});
/** What a source really was: a recipe may name a branch, or the newest version. */
export type SourceRecord = Readonly<z.infer<typeof recordSchema>>;

function folderOf(work: string): string {
  return join(work, '.bpmp-virt', 'sources');
}

/** Write down what the tree `into` came from; the bundle's manifest tells it. */
export async function recordSource(
  work: string,
  into: string,
  what: Omit<SourceRecord, 'tree'>,
): Promise<void> {
  const tree = relative(work, into);
  await writeFileWhole(fileOf(work, into), `${JSON.stringify({ tree, ...what })}\n`);
}

/** Forget what the tree `into` came from: another one is about to take its place. */
export async function forgetSource(work: string, into: string): Promise<void> {
  await rm(fileOf(work, into), { force: true });
}

function fileOf(work: string, into: string): string {
  return join(folderOf(work), `${relative(work, into).replaceAll(/[^\w.-]+/g, '_')}.json`);
}

/** All that was written down in a work folder, by tree. */
export async function readSources(work: string): Promise<readonly SourceRecord[]> {
  return readJsonFolder(folderOf(work), recordSchema);
}

/** Every JSON file of a folder, in the order of their names; `[]` where there is no such folder. */
export async function readJsonFolder<T>(folder: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const names = await readdir(folder).catch((error) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  const read = await Promise.all(files.map((name) => readOwnJson(join(folder, name), schema)));
  return read.filter((found) => found !== undefined);
}
