// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CliResult, runCli } from '../../helpers/cli.ts';
import { git } from '../../helpers/git.ts';
import { anonymous, toyBench } from '../../helpers/toy-bench.ts';

/** Sequences, the same ones each time; BPMP_VIRT_MODEL_RUNS=50 and BPMP_VIRT_MODEL_SEED=2 look longer, and at others. */
const RUNS = Number(process.env['BPMP_VIRT_MODEL_RUNS'] ?? 1);
const SEED = Number(process.env['BPMP_VIRT_MODEL_SEED'] ?? 1);

const TREE = 'Linux_for_Tegra/source/kernel/kernel-612';
/** Where people put files. */
const PLACES = [
  '.',
  'Linux_for_Tegra',
  TREE,
  `${TREE}/drivers`,
  'kernel/out',
  'qemu/src',
  'qemu-build',
  'bundle',
  'dt',
];
/** What they edit. */
const EDITED = [`${TREE}/Makefile`, 'bundle/run-vm.sh', 'bundle/Image', 'kernel/out/.config', 'dt/guest.dtb'];
/** What they delete. */
const DELETED = [
  'bundle',
  'bundle/Image',
  'kernel/out',
  'qemu-build',
  '.bpmp-virt',
  `${TREE}/Makefile`,
  TREE,
];
/** What the recipe's patch says. */
const PATCHES = ['asks the guest proxy', 'asks somebody else'];

type Step =
  | { readonly kind: 'add' | 'edit' | 'delete'; readonly at: number }
  | { readonly kind: 'commit' | 'clean' | 'clean tree' }
  | { readonly kind: 'recipe'; readonly patch: number }
  | {
      readonly kind: 'build';
      /** `kill`: after so many lines of output. `full`: no file gets larger than 2 KiB, as on a disk without room. */
      readonly how: 'whole' | 'redo' | 'kill' | 'full';
      readonly at: number;
    };
const index = fc.nat({ max: 20 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('add' as const, 'edit' as const), at: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), at: index }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { kind: 'commit' as const },
      { kind: 'clean' as const },
      { kind: 'clean tree' as const },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recipe' as const), patch: fc.nat({ max: 1 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('build' as const),
      how: fc.constantFrom(
        'whole' as const,
        'whole' as const,
        'redo' as const,
        'kill' as const,
        'full' as const,
      ),
      at: fc.nat({ max: 60 }),
    }),
  },
);

type Bench = Awaited<ReturnType<typeof toyBench>>;
type Model = {
  /** Files of the user's, below the work folder. */
  readonly files: Map<string, string>;
  /** Subjects of the user's commits in the kernel tree. */
  commits: string[];
  patch: number;
  made: number;
};

const choose = (list: readonly string[], at: number) => list[at % list.length] ?? '';

/** The user's hand in the work folder. */
async function act(step: Step, { work, toys }: Bench, model: Model): Promise<void> {
  model.made += 1;
  if (step.kind === 'add') write(join(choose(PLACES, step.at), `mine-${model.made}.txt`), work, model);
  if (step.kind === 'edit' && existsSync(join(work, choose(EDITED, step.at))))
    write(choose(EDITED, step.at), work, model);
  if (step.kind === 'delete') remove(choose(DELETED, step.at), work, model);
  if (step.kind === 'commit') await commit(join(work, TREE), model);
  if (step.kind !== 'recipe') return;
  model.patch = step.patch;
  toys.writePatch(PATCHES[step.patch] ?? '');
}

function write(path: string, work: string, model: Model): void {
  if (!existsSync(dirname(join(work, path)))) return;
  appendFileSync(join(work, path), `\n# mine ${model.made}\n`);
  model.files.set(path, readFileSync(join(work, path), 'latin1'));
}

function remove(path: string, work: string, model: Model): void {
  rmSync(join(work, path), { recursive: true, force: true });
  for (const file of model.files.keys())
    if (file === path || file.startsWith(`${path}/`)) model.files.delete(file);
  if (path === TREE) model.commits = [];
}

async function commit(tree: string, model: Model): Promise<void> {
  if (!existsSync(join(tree, 'drivers'))) return;
  if (!existsSync(join(tree, '.git'))) await git(tree, 'init', '-q', '-b', 'mine');
  await git(tree, 'add', '-A');
  await git(tree, 'commit', '-q', '--allow-empty', '-m', `commit ${model.made}`);
  model.commits.push(`commit ${model.made}`);
}

async function runTool(step: Step, { build, work, toys, env }: Bench): Promise<CliResult | undefined> {
  if (step.kind === 'clean') return runCli(['clean', '--work', work], { env });
  if (step.kind === 'clean tree') return runCli(['clean', toys.recipe, '--tree', '--work', work], { env });
  if (step.kind !== 'build') return undefined;
  if (step.how === 'redo') return build(['--redo', 'kernel-source']);
  if (step.how === 'full') return build([], { prefix: ['sh', '-c', 'ulimit -f 4; exec "$@"', 'sh'] });
  let lines = 0;
  return build(['--json'], {
    ...(step.how === 'kill' && {
      onLine: (_line, child) => {
        lines += 1;
        if (lines === step.at) child.kill('SIGKILL');
      },
    }),
  });
}

/** Every byte of the user's is where it was, or in `kept/` as it was; every commit is there. */
async function expectKept({ work }: Bench, model: Model, said: string): Promise<void> {
  const kept = existsSync(join(work, 'kept'))
    ? readdirSync(join(work, 'kept'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    : [];
  for (const [path, content] of model.files) {
    const file = join(work, path);
    const isThere = existsSync(file) && readFileSync(file, 'latin1') === content;
    expect(isThere || kept.includes(content), `${path} is gone\n${said}`).toBe(true);
    // From now on it is in kept/, and the place is ours again.
    if (!isThere) model.files.delete(path);
  }
  if (model.commits.length === 0) return;
  const log = await git(join(work, TREE), 'log', '--format=%s');
  expect(log.split('\n'), said).toEqual(expect.arrayContaining(model.commits));
}

test(
  'whatever is done to a work folder: nothing of the user’s goes, and 0 means the bundle of a fresh build',
  async () => {
    const bench = await toyBench();
    const { build, bundle, work, toys } = bench;
    const wanted: Record<string, string>[] = [];
    for (const patch of [1, 0]) {
      toys.writePatch(PATCHES[patch] ?? '');
      expect((await build()).code).toBe(0);
      wanted[patch] = anonymous(bundle());
    }
    const codes: (number | string | undefined)[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 4, maxLength: 10 }), async (steps) => {
        const model: Model = { files: new Map(), commits: [], patch: 0, made: 0 };
        toys.writePatch(PATCHES[0] ?? '');
        const trace: string[] = [];
        for (const step of [...steps, { kind: 'build', how: 'whole', at: 0 } as const]) {
          trace.push(JSON.stringify(step));
          await act(step, bench, model);
          const result = await runTool(step, bench);
          if (result === undefined) continue;
          const said = `${trace.join('\n')}\n${result.stdout}\n${result.stderr}`;
          codes.push(result.code ?? result.signal);
          expect([0, 2, 3, 4, undefined], said).toContain(result.code);
          await expectKept(bench, model, said);
          if (
            step.kind === 'build' &&
            result.code === 0 &&
            ![...model.files.keys()].some((file) => file.startsWith('bundle/'))
          )
            expect(anonymous(bundle()), said).toEqual(wanted[model.patch]);
        }
        rmSync(work, { recursive: true, force: true });
      }),
      { numRuns: RUNS, endOnFailure: true, seed: SEED },
    );
    expect(codes.length).toBeGreaterThanOrEqual(RUNS);
  },
  60_000 * (RUNS + 3),
);
