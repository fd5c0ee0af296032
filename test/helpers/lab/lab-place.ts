// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { digestPath } from '../../../src/engine/input-digest.ts';
import { runPlan } from '../../../src/engine/run-plan.ts';
import type { RunEvent } from '../../../src/events.ts';
import type { PlannedStep } from '../../../src/plan/plan.ts';
import { loadStep } from '../../../src/steps/index.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { withLock } from '../../../src/tools/files/with-lock.ts';
import { writeFileWhole } from '../../../src/tools/files/write-file.ts';

/**
 * Folders outside of the clones in which tests build, one for each content of the inputs:
 *
 *     $XDG_CACHE_HOME/bpmp-virt/lab/pristine/…     unpacked sources (hard links are made of them)
 *     $XDG_CACHE_HOME/bpmp-virt/lab/NAME-DIGEST/   work folder of one family of builds; its inputs are copied to tool/
 *
 * So clones with the same files share their builds, and a changed file means a folder of its own. What is not an input (other steps,
 * the tests' own wishes) the engine sees in a step's options, or not at all: name as inputs what a build depends on. The
 * compiler's cache makes a new folder cheap.
 */
const ROOT = resolve(import.meta.dirname, '../../..');
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'bpmp-virt');
const LAB = join(CACHE, 'lab');
export const PRISTINE = join(LAB, 'pristine');
/** Folders of one family that stay however old they are, and how long the others stay after their last use. */
const KEEP = 2;
const KEEP_MS = 12 * 3_600_000;

/** A work folder of tests. */
export type LabPlace = {
  readonly folder: string;
  /** Do something alone in it. */
  readonly alone: <T>(action: () => Promise<T>) => Promise<T>;
  /** Have it alone until the function that it gives is called. */
  readonly hold: () => Promise<() => void>;
  /** Run steps by the product's engine. */
  readonly run: (steps: readonly PlannedStep[]) => Promise<void>;
};

/** The folder of the builds `name` that are made from `inputs` (paths from the clone's top). */
export async function labPlace(name: string, inputs: readonly string[]): Promise<LabPlace> {
  const digests = await Promise.all(inputs.map((path) => digestPath(join(ROOT, path))));
  const digest = createHash('sha256').update(digests.join('\n')).digest('hex').slice(0, 12);
  const folder = join(LAB, `${name}-${digest}`);
  const alone = <T>(action: () => Promise<T>) => withLock(`${folder}.lock`, undefined, action);
  await alone(async () => {
    await copyInputs(inputs, join(folder, 'tool'));
    await writeFileWhole(join(folder, 'used'), ROOT);
  });
  await removeOld(name, folder);
  return {
    folder,
    alone,
    hold: () => holdPlace(alone),
    run: (steps) => runSteps(steps, folder, join(folder, 'tool')),
  };
}

function holdPlace(alone: LabPlace['alone']): Promise<() => void> {
  return new Promise((held, refused) => {
    alone(() => new Promise<void>((release) => held(release))).catch(refused);
  });
}

async function copyInputs(inputs: readonly string[], tool: string): Promise<void> {
  if (await exists(tool)) return;
  const aside = `${tool}.part`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  for (const input of inputs.filter((path) => !path.startsWith('src/'))) {
    await mkdir(dirname(join(aside, input)), { recursive: true });
    await cp(join(ROOT, input), join(aside, input), { recursive: true, preserveTimestamps: true });
  }
  await rename(aside, tool);
}

/** What edits left behind would pile up, gigabytes each. */
async function removeOld(name: string, own: string): Promise<void> {
  const names = (await readdir(LAB)).filter((each) => each.replace(/-[0-9a-f]{12}$/, '') === name);
  const used = names
    .filter((each) => each !== name)
    .map(async (each) => {
      const { mtimeMs = 0 } = (await stat(join(LAB, each, 'used')).catch(() => undefined)) ?? {};
      return { folder: join(LAB, each), mtimeMs };
    });
  const byAge = (await Promise.all(used)).sort((a, b) => b.mtimeMs - a.mtimeMs).slice(KEEP);
  for (const { folder, mtimeMs } of byAge) {
    if (folder === own || mtimeMs > Date.now() - KEEP_MS) continue;
    await withLock(`${folder}.lock`, undefined, () => rm(folder, { recursive: true, force: true }));
  }
}

/**
 * Run steps by the product's engine in a work folder. What fails says so with the log's path; BPMP_VIRT_LAB_VERBOSE=1 shows
 * commands.
 */
export async function runSteps(steps: readonly PlannedStep[], work: string, tool = ROOT): Promise<void> {
  const verbose = process.env['BPMP_VIRT_LAB_VERBOSE'] === '1';
  const emit = (event: RunEvent) => {
    if (verbose && event.type === 'command') process.stderr.write(`[lab] ${event.line}\n`);
    if (event.type === 'step-done')
      process.stderr.write(`[lab] ${event.title}: ${Math.round(event.ms / 1000)} s\n`);
  };
  await runPlan(
    { version: 1, recipe: 'lab', steps },
    {
      roots: { work, cache: CACHE, tool },
      jobs: availableParallelism(),
      offline: false,
      url: (address) => address,
      emit,
      signal: new AbortController().signal,
      toolVersion: 'lab',
      command: `tests of ${ROOT}`,
      redo: [],
      load: loadStep,
      before: async () => undefined,
    },
  );
}

/** A step of a plan, as the planner would write it. */
export function step<K extends PlannedStep['kind']>(
  id: string,
  kind: K,
  options: Extract<PlannedStep, { kind: K }>['options'],
  after: readonly string[],
): PlannedStep {
  return { id, kind, options, after } as unknown as PlannedStep;
}
