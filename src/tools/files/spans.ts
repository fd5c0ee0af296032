// SPDX-License-Identifier: Apache-2.0
import { utimesSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readText } from '../../read-file.ts';
import { makeFolder } from './make-folder.ts';
import { parseJson } from './read-json.ts';
import { isCode, writeFileWhole } from './write-file.ts';

/** When we wrote below a place of a work folder: from and to, ms since 1970. */
type Span = readonly [from: number, to: number];
/** A place, relative to the work folder, and when a step of ours wrote there. */
export type Written = { readonly place: string; readonly spans: readonly Span[] };

/** What is kept of a step. A span without an end is of a run that was killed, or goes on: its end is the file's own time. */
const keptSchema = z.strictObject({ places: z.array(z.string()), spans: z.array(z.array(z.number())) });

/** How often a step that runs gives a sign of life, ms: what a killed run wrote after its last one counts as somebody else's. */
const BEAT_MS = 50;

/**
 * Write down that step `id` writes below `places` (relative to `work`) from now on, until the function that is given back is called
 * or this process dies. The kernel keeps when an inode was last changed (ctime), which nobody can set: so what came to be outside of
 * these spans is not ours.
 */
export async function openSpan(
  work: string,
  id: string,
  places: readonly string[],
): Promise<() => Promise<void>> {
  if (places.length === 0) return async () => undefined;
  const file = fileOf(work, id);
  await makeFolder(folderOf(work));
  const before = await readSpans(file);
  const from = Date.now();
  const all = [...new Set([...(before?.places ?? []), ...places])];
  await writeFileWhole(file, JSON.stringify({ places: all, spans: [...(before?.spans ?? []), [from]] }));
  const beat = setInterval(() => signOfLife(file), BEAT_MS).unref();
  return async () => {
    clearInterval(beat);
    // Needs no room: on a full disk, where what follows fails, it is the end of the span.
    signOfLife(file);
    const spans = [...(before?.spans ?? []), [from, Date.now()]];
    await writeFileWhole(file, JSON.stringify({ places: all, spans })).catch((error: unknown) => {
      if (!isCode(error, 'ENOSPC')) throw error;
    });
  };
}

/** All places of a work folder that steps of ours have written to. */
export async function readWritten(work: string): Promise<readonly Written[]> {
  const names = await readdir(folderOf(work)).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
  const kept = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readSpans(join(folderOf(work), name))),
  );
  const byPlace = new Map<string, readonly Span[]>();
  for (const one of kept) {
    for (const place of one?.places ?? [])
      byPlace.set(place, [...(byPlace.get(place) ?? []), ...(one?.spans ?? [])]);
  }
  return [...byPlace].map(([place, spans]) => ({ place, spans }));
}

/** Time by which the kernel's own coarse clock may be behind ours, ms. */
const COARSE_MS = 15;

/** Whether an inode of the place was last changed, `ctimeMs`, while we wrote there. */
export function within(ctimeMs: number, { spans }: Written): boolean {
  return spans.some(([from, to]) => ctimeMs >= from - COARSE_MS && ctimeMs <= to);
}

function folderOf(work: string): string {
  return join(work, '.bpmp-virt', 'spans');
}

function fileOf(work: string, id: string): string {
  return join(folderOf(work), `${id}.json`);
}

function signOfLife(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Somebody deleted the state folder: what is written from now on is nobody's, and kept.
  }
}

async function readSpans(
  file: string,
): Promise<{ places: readonly string[]; spans: readonly Span[] } | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readText(file), stat(file)]);
    const kept = parseJson(text, keptSchema);
    // What cannot be understood says of nothing that it is ours: it all stays.
    if (kept === undefined) return undefined;
    return { places: kept.places, spans: kept.spans.map(([from = 0, to = mtimeMs]) => [from, to] as const) };
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
