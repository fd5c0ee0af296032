// SPDX-License-Identifier: Apache-2.0
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedStep } from '../../../src/plan/plan.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { withLock } from '../../../src/tools/files/with-lock.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { PRISTINE, runSteps, step } from './lab-place.ts';

/** What builds of kernel and QEMU have in common. */
export const CROSS = 'aarch64-linux-gnu-';
/** 2025-01-01: any fixed time does. */
export const EPOCH = 1_735_689_600;
export const MIRROR = 'http://deb.debian.org/debian';
export const BOOKWORM = ['bookworm', 'bookworm-security'];

export type DebianSource = Omit<Extract<PlannedStep, { kind: 'fetch-debian-source' }>['options'], 'into'>;

/** The folder of an unpacked source, which nobody changes: gates read it, builds have hard links. */
export async function pristine(name: string, source: DebianSource): Promise<string> {
  const into = join(PRISTINE, name);
  await withLock(join(PRISTINE, 'lock'), undefined, async () => {
    await runSteps([step(name, 'fetch-debian-source', { ...source, into }, [])], PRISTINE);
  });
  return into;
}

/** `tree` = the unpacked source, by hard links: 80 000 files in seconds. Nothing that we run writes into a source file in place. */
export async function unpacked(name: string, source: DebianSource, tree: string): Promise<void> {
  if (!(await exists(tree))) await hardLinks(await pristine(name, source), tree);
}

/** `tree` = hard links of the folder `from`, once. */
export async function hardLinks(from: string, tree: string): Promise<void> {
  if (await exists(tree)) return;
  const parent = dirname(tree);
  await mkdir(parent, { recursive: true });
  await rm(`${tree}.part`, { recursive: true, force: true });
  await exec(['cp', '-al', from, `${tree}.part`], parent, { emit: () => undefined });
  await rename(`${tree}.part`, tree);
}
