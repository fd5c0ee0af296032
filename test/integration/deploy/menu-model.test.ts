// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EnvironmentError, StepError } from '../../../src/errors.ts';
import { board, bundle, conf, deployHere, reset, useBoard } from '../../helpers/board/deploy-board.ts';
import { manifestOf } from '../../helpers/board/facts.ts';
import { MENU_EDITS } from '../../helpers/board/menu-edits.ts';
import { readAsUefi, startedByUefi } from '../../helpers/board/uefi-extlinux.ts';

useBoard();

/** Sequences, the same ones each time; BPMP_VIRT_MODEL_RUNS=200 and BPMP_VIRT_MODEL_SEED=2 look longer, and at others. */
const RUNS = Number(process.env['BPMP_VIRT_MODEL_RUNS'] ?? 3);
const SEED = Number(process.env['BPMP_VIRT_MODEL_SEED'] ?? 1);

const at = (path: string) => join(board.root, path);
const MENU = 'boot/extlinux/extlinux.conf';
const menu = () => readAsUefi(conf().replaceAll('\r', ''));
const started = () => startedByUefi(menu());
const clean = (path: string) => path.replace(/\/+/g, '/');
const filesOf = (entry: Record<string, string> | undefined) =>
  [entry?.['LINUX'], entry?.['FDT'], ...(entry?.['OVERLAYS']?.split(',') ?? [])]
    .filter((path) => path !== undefined)
    .map(clean);
/** Whether UEFI could boot it, as far as the files go that anybody but NVIDIA put there. */
const isWhole = (entry: Record<string, string> | undefined) =>
  filesOf(entry)
    .filter((path) => path === '/boot/Image' || path.startsWith('/boot/bpmp-virt/'))
    .every((path) => existsSync(at(path)));
const ourKernel = () => {
  const ids = existsSync(at('boot/bpmp-virt')) ? readdirSync(at('boot/bpmp-virt')) : [];
  return ids[0] === undefined ? '/boot/Image' : `/boot/bpmp-virt/${ids[0]}/Image`;
};

/**
 * In front of the programs with which deploy.sh changes files: at the COUNT-th call of one of them the script is killed, before or
 * after the call, or somebody writes into the menu.
 */
const WRAPPER = `#!/bin/sh
name=\${0##*/}
read -r count act <"$BPMP_VIRT_ROOT/../act"
echo "$((count - 1)) $act" >"$BPMP_VIRT_ROOT/../act"
if [ "$count" = 0 ]; then
	case $act in
	before) kill -9 "$PPID"; exit 1 ;;
	edit) echo '# written meanwhile' >>"$BPMP_VIRT_ROOT/${MENU}" ;;
	esac
fi
# Flushing everything takes seconds where others write, and shows nothing here.
[ "$name" = sync ] || "/bin/$name" "$@"
code=$?
[ "$count" != 0 ] || [ "$act" != after ] || kill -9 "$PPID"
exit $code
`;
type Act = 'none' | 'before' | 'after' | 'edit';
function arm(act: Act, count: number): void {
  writeFileSync(at('../act'), `${act === 'none' ? -1 : count} ${act}\n`);
}

type Word = '' | '--boot-next' | '--confirm' | '--undo';
type Step =
  | { readonly kind: 'edit'; readonly name: string }
  | { readonly kind: 'restart' }
  | {
      readonly kind: 'tool';
      readonly word: Word;
      readonly kernel: 'one' | 'two';
      readonly act: Act;
      readonly count: number;
    };
const ACT = fc.constantFrom<Act>('none', 'none', 'none', 'before', 'after', 'edit');
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...Object.keys(MENU_EDITS)).map((name) => ({ kind: 'edit', name }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('tool' as const),
      word: fc.constantFrom<Word>('', '--boot-next', '--boot-next', '--confirm', '--undo'),
      kernel: fc.constantFrom('one' as const, 'one' as const, 'two' as const),
      act: ACT,
      count: fc.nat({ max: 40 }),
    }),
  },
);

/** What the owner may rely on. */
type Model = {
  /** An entry was tried, and nobody has said that it stays. */
  trial: boolean;
  boots: number;
  mode: number;
};

async function runTool(step: Extract<Step, { kind: 'tool' }>, model: Model): Promise<boolean> {
  const before = { menu: menu(), text: conf(), wasWhole: isWhole(started()) };
  arm(step.act, step.count);
  const words = step.word === '' ? [] : [step.word];
  const { error } = await deployHere(...words, '--bundle', join(bundle.path, '..', `kernel ${step.kernel}`));
  const hasActed = step.act !== 'none' && Number.parseInt(readFileSync(at('../act'), 'utf8'), 10) < 0;
  arm('none', 0);
  if (error !== undefined && !(error instanceof EnvironmentError) && !(error instanceof StepError))
    throw error;
  expectKept(before, model);
  // What was written meanwhile is in the menu, whatever the tool says of itself.
  if (step.act === 'edit' && hasActed) expect(conf()).toContain('# written meanwhile');
  learn(step.word, error === undefined, model);
  return error === undefined;
}

/** Whether an entry is on trial now: where the tool was cut off, the menu alone says how far it had come. */
function learn(word: Word, isDone: boolean, model: Model): void {
  if (word === '--boot-next' && started()?.['LABEL'] === 'bpmp-virt') model.trial = true;
  if (word === '--undo' && isDone) model.trial = false;
  if (word === '--confirm' && (isDone || !/^\s*#\s*>>> bpmp-virt \S+ trial/m.test(conf())))
    model.trial = false;
}

/** After the tool: what UEFI starts is there, the board's own is there, and so is every entry of the owner's, as it was. */
function expectKept(
  before: { menu: ReturnType<typeof menu>; text: string; wasWhole: boolean },
  model: Model,
): void {
  expect(readFileSync(at('boot/Image'), 'latin1')).toBe('stock kernel');
  if (before.wasWhole) expect(isWhole(started()), `${before.text}\n---\n${conf()}`).toBe(true);
  const theirs = ({ entries }: ReturnType<typeof menu>) =>
    entries
      .filter((entry) => entry['LABEL'] !== 'bpmp-virt' && isWhole(entry))
      .map((entry) => JSON.stringify(entry));
  expect(theirs(menu()), `${before.text}\n---\n${conf()}`).toEqual(
    expect.arrayContaining(theirs(before.menu).filter((entry) => !entry.includes('bpmp_virt.entry=x'))),
  );
  expect(lstatSync(at(MENU)).isSymbolicLink()).toBe(true);
  expect(statSync(at(MENU)).mode & 0o777).toBe(model.mode);
}

async function restart(model: Model): Promise<void> {
  const entry = started();
  model.boots += 1;
  writeFileSync(at('proc/cmdline'), `${entry?.['APPEND']?.replace(/^\S*cbootargs\S* ?/, '') ?? ''}\n`);
  writeFileSync(at('proc/sys/kernel/random/boot_id'), `boot-${model.boots}\n`);
  const script = at('opt/bpmp-virt/deploy.sh');
  if (!existsSync(script) || !filesOf(entry)[0]?.startsWith('/boot/bpmp-virt/')) return;
  await execa('sh', [script, 'end-trial'], { env: { BPMP_VIRT_ROOT: board.root } });
  if (!model.trial) return;
  // Tried once: the next boot is the board's own, whatever became of our comments.
  expect(started()?.['LABEL'], conf()).not.toBe('bpmp-virt');
  model.trial = false;
}

function edit(name: string, model: Model): void {
  const text = conf();
  const edited = MENU_EDITS[name]?.(text, ourKernel()) ?? text;
  // As editors do: aside and renamed, in the place that the link leads to.
  writeFileSync(at('boot/real.conf.swp'), edited, { encoding: 'latin1' });
  chmodSync(at('boot/real.conf.swp'), model.mode);
  renameSync(at('boot/real.conf.swp'), at('boot/real.conf'));
  if (name === 'DEFAULT of ours by hand') model.trial = false;
}

function makeBundles(): void {
  for (const name of ['one', 'two']) {
    const folder = join(bundle.path, '..', `kernel ${name}`);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(mode: number): Promise<Model> {
  reset({ 'proc/sys/kernel/random/boot_id': 'boot-0\n' });
  renameSync(at(MENU), at('boot/real.conf'));
  symlinkSync('../real.conf', at(MENU));
  chmodSync(at('boot/real.conf'), mode);
  for (const name of ['mv', 'rm', 'cp', 'ln', 'sync'])
    writeFileSync(join(board.bin, name), WRAPPER, { mode: 0o755 });
  arm('none', 0);
  for (const name of ['one', 'two']) {
    const folder = join(bundle.path, '..', `kernel ${name}`);
    await execa('cp', ['-r', bundle.path, folder]);
    for (const name of ['modules', 'guest.dtb', 'uarta.service'])
      rmSync(join(folder, name), { recursive: true });
    appendFileSync(join(folder, 'Image'), name);
    writeFileSync(join(folder, 'manifest.json'), manifestOf(readFileSync(join(folder, 'Image'), 'latin1')));
  }
  return { trial: false, boots: 0, mode };
}

test(
  'through the board’s own script, cut off or edited at any of its calls: what UEFI would boot is there',
  async () => {
    let [done, refused] = [0, 0];
    await fc.assert(
      fc
        .asyncProperty(
          fc.constantFrom(0o600, 0o644, 0o664),
          fc.array(STEP, { minLength: 3, maxLength: 9 }),
          async (mode, steps) => {
            const model = await prepare(mode);
            for (const step of steps) {
              if (step.kind === 'edit') edit(step.name, model);
              else if (step.kind === 'restart') await restart(model);
              else if (await runTool(step, model)) done += 1;
              else refused += 1;
            }
          },
        )
        .afterEach(makeBundles),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    expect(done).toBeGreaterThan(0);
    expect(done + refused).toBeGreaterThan(RUNS);
  },
  30_000 * Math.max(4, RUNS),
);
