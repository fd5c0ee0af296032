// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { readBundle } from '../../deploy/bundle-files.ts';
import { appendLine } from '../../tools/files/append-line.ts';
import { makeFolder } from '../../tools/files/make-folder.ts';
import type { CliContext } from '../context.ts';
import { TOOL_ROOT } from '../places.ts';

/** A line of the audit file: one board, one attempt. */
export type AuditLine = {
  readonly verb: string;
  readonly target: string;
  /** Of the board, as its firmware wrote it into the device tree, or the chip's id that NVIDIA's tool printed; empty where it was never read. */
  readonly serial: string;
  readonly bundle: string;
  /** ISO 8601, UTC. */
  readonly began: string;
  readonly ended: string;
  readonly result: 'up' | 'done' | 'flashed' | 'failed';
  /** Where it ended. */
  readonly phase: string;
  readonly error?: string;
};

/** What is done to several boards at once, and where it is written down. */
export type Fleet = {
  readonly verb: string;
  readonly folder: string;
  readonly stamp: string;
  /** Id of the bundle; empty where none is needed. */
  readonly bundle: string;
  readonly audit: string;
};

/**
 * Begin with several boards: the folder for their logs, and the bundle's id.
 *
 * @param bundle its folder; undefined where none is needed
 * @throws {UsageError} there is none
 */
export async function openFleet(
  verb: string,
  work: string,
  bundle: string | undefined,
  { cwd }: CliContext,
): Promise<Fleet> {
  const id =
    bundle === undefined ? '' : (await readBundle(resolve(cwd, bundle), join(TOOL_ROOT, 'board'))).id;
  const folder = resolve(cwd, work, 'logs');
  await makeFolder(folder);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return { verb, folder, stamp, bundle: id, audit: join(folder, 'audit.jsonl') };
}

/** Put one line down. */
export async function audit(fleet: Fleet, line: Omit<AuditLine, 'verb' | 'bundle'>): Promise<void> {
  await appendLine(fleet.audit, JSON.stringify({ verb: fleet.verb, bundle: fleet.bundle, ...line }));
}
