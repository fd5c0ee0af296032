// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readBytes } from '../../read-file.ts';
import { RECORD_FOLDER } from './file-undo.ts';
import { exists } from './folder.ts';
import { makeFolder } from './make-folder.ts';
import { readOwnJson } from './read-json.ts';
import { isCode, writeFileWhole } from './write-file.ts';

/** What we did to a tree, in its record folder: links, copied files, and files that patches of ours touch. */
export const TREE_RECORDS = {
  links: `${RECORD_FOLDER}/links.json`,
  copies: `${RECORD_FOLDER}/copies.json`,
  patched: `${RECORD_FOLDER}/patched.json`,
  /** The same files as they were when the patches had gone in, edits of the user's included. */
  seen: `${RECORD_FOLDER}/patched-seen.json`,
} as const;

/** Place in the tree → what we put there: a link's target, or `hashOf` a file; two hashes where a run was about to change it. */
export type OurFiles = Readonly<Record<string, string>>;

/** A record of `tree`; empty where there is none. */
export async function readRecord(tree: string, file: string): Promise<OurFiles> {
  return (await readOwnJson(join(tree, file), z.record(z.string(), z.string()))) ?? {};
}

/** Write a record of `tree`, whole. */
export async function writeRecord(tree: string, file: string, ours: OurFiles): Promise<void> {
  await makeFolder(join(tree, RECORD_FOLDER));
  await writeFileWhole(join(tree, file), `${JSON.stringify(ours, null, 2)}\n`);
}

/** sha256 of a file's content; of a link's target, unless it is to be followed; undefined where nothing is there. */
export async function hashOf(file: string, follow = false): Promise<string | undefined> {
  try {
    const isLink = !follow && (await lstat(file)).isSymbolicLink();
    const content = isLink ? await readlink(file) : await readBytes(file);
    return createHash('sha256').update(content).digest('hex');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Where the link at `path` points; undefined where there is no link. */
export async function linkAt(path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined;
  return (await lstat(path)).isSymbolicLink() ? readlink(path) : undefined;
}

/** Whether what is at a place of `tree` is what we put there, by its records. Nothing there is nobody's. */
export async function treeRecords(tree: string): Promise<(place: string) => Promise<boolean>> {
  const [links, copies, patched] = await Promise.all([
    readRecord(tree, TREE_RECORDS.links),
    readRecord(tree, TREE_RECORDS.copies),
    readRecord(tree, TREE_RECORDS.patched),
  ]);
  return async (place) => {
    const path = join(tree, place);
    const link = links[place];
    if (link !== undefined && (await linkAt(path)) === link) return true;
    const hash = patched[place] ?? copies[place];
    return hash !== undefined && isOneOf((await hashOf(path)) ?? '', hash);
  };
}

/** Whether every file that patches of ours touch is as it was when they had gone in. */
export async function isAsPatched(tree: string): Promise<boolean> {
  const seen = Object.entries(await readRecord(tree, TREE_RECORDS.seen));
  for (const [file, hash] of seen) {
    if (((await hashOf(join(tree, file))) ?? '') !== hash) return false;
  }
  return seen.length > 0;
}

/** Whether `hash` is one of those of a record. */
export function isOneOf(hash: string, recorded: string): boolean {
  return recorded.split(' ').includes(hash);
}
