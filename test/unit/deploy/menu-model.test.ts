// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BootWish, type DeployPlan, planDeploy, planUndo } from '../../../src/deploy/deploy-plan.ts';
import { EnvironmentError } from '../../../src/errors.ts';
import { STOCK } from '../../helpers/board/deploy-board.ts';
import { WILD_MENUS } from '../../helpers/board/extlinux-files.ts';
import { bundleOf, factsOf, sum } from '../../helpers/board/facts.ts';
import { MENU_EDITS } from '../../helpers/board/menu-edits.ts';
import { readAsUefi, startedByUefi } from '../../helpers/board/uefi-extlinux.ts';

/** A board: its boot menu, the files that it has, what of them is ours, and the entry that it runs. */
type State = {
  text: string;
  files: Map<string, string>;
  record: Map<string, Set<string>>;
  cmdline: string;
  boot: number;
};

const menuOf = (state: State) => readAsUefi(state.text.replaceAll('\r', ''));
const startedOf = (state: State) => startedByUefi(menuOf(state));
/** A path as UEFI opens it. */
const cleaned = (path = 'none') => path.replace(/[/\\]+/g, '/');
/** Entries whose kernel is there. */
const whole = (state: State) =>
  menuOf(state).entries.filter((entry) => state.files.has(cleaned(entry['LINUX'])));

const now = new Date(0);
const factsFrom = (state: State) => {
  const sums = [...state.files].map(([path, content]) => [path, sum(content)] as const);
  return factsOf(state.text, {
    cmdline: state.cmdline,
    bootId: `boot-${state.boot}`,
    deployed: new Map([...state.record.keys()].map((path) => [path, new Map(sums).get(path) ?? 'missing'])),
    put: new Map(state.record),
    here: new Map(sums.filter(([path]) => !state.record.has(path))),
  });
};

/** Carry out what deploy.sh does, in its order; cut off after `cut` of its parts. */
function apply(state: State, plan: DeployPlan, cut: number): void {
  if (plan.menuSha256 !== sum(state.text)) throw new Error('the menu was changed meanwhile');
  const parts: (() => void)[] = [
    () => {
      for (const { to, sha256 } of plan.install)
        state.record.set(to, (state.record.get(to) ?? new Set<string>()).add(sha256));
    },
    ...plan.install.map((file) => () => {
      state.files.set(file.to, `${plan.id} ${file.to}`);
    }),
    () => {
      state.text = plan.extlinux?.text ?? state.text;
    },
    ...plan.remove.map((path) => () => {
      state.files.delete(path);
    }),
    () => {
      for (const path of [...plan.remove, ...plan.forget]) state.record.delete(path);
      for (const { to, sha256 } of plan.install) state.record.set(to, new Set([sha256]));
    },
  ];
  for (const part of parts.slice(0, cut)) part();
}

const ID = fc.constantFrom('aaaa', 'bbbb');
const CUT = fc.oneof(fc.constant(99), fc.nat({ max: 8 }));
const ourLinux = (state: State) =>
  [...state.files.keys()].find((path) => /bpmp-virt.*Image$/.test(path)) ?? '/boot/Image';

type Step = (state: State) => void;
const edit = (name: string): Step =>
  function edited(state) {
    state.text = MENU_EDITS[name]?.(state.text, ourLinux(state)) ?? '';
  };
const wish = (kind: BootWish, id: string, cut: number): Step =>
  function deploy(state) {
    const plan = planDeploy(bundleOf(id), factsFrom(state), kind, now);
    const before = startedOf(state)?.['LABEL'];
    const isOurDefault = menuOf(state).default === 'bpmp-virt';
    apply(state, plan, cut);
    const after = startedOf(state)?.['LABEL'];
    if (kind === 'trial' && cut === 99) expect(after).toBe('bpmp-virt');
    // A plain deployment makes nothing start by itself that did not before, but puts back a DEFAULT of ours whose entry is gone.
    if (kind === 'keep' && before !== 'bpmp-virt')
      expect(isOurDefault ? after !== 'bpmp-virt' : after === before, `${before}, then ${after}`).toBe(true);
  };
const STEP: fc.Arbitrary<readonly [name: string, run: Step, isTool: boolean]> = fc.oneof(
  fc.tuple(ID, CUT).map(([id, cut]) => [`deploy ${id} ${cut}`, wish('keep', id, cut), true] as const),
  fc.tuple(ID, CUT).map(([id, cut]) => [`boot-next ${id} ${cut}`, wish('trial', id, cut), true] as const),
  fc.tuple(ID, CUT).map(([id, cut]) => [`confirm ${id} ${cut}`, wish('default', id, cut), true] as const),
  CUT.map(
    (cut) =>
      [`undo ${cut}`, (state: State) => apply(state, planUndo(factsFrom(state), now), cut), true] as const,
  ),
  fc.constant([
    'restart',
    (state: State) => {
      state.boot += 1;
      state.cmdline = startedOf(state)?.['APPEND']?.replace(/^\S*cbootargs\S* ?/, '') ?? '';
    },
    false,
  ] as const),
  fc.constantFrom(...Object.keys(MENU_EDITS)).map((name) => [name, edit(name), false] as const),
);

const STEPS = fc.array(STEP, { minLength: 2, maxLength: 14 });

/** A board with this menu, and all files that it names. */
const fresh = (text = STOCK): State => ({
  text,
  files: new Map([
    ['/boot/vendor/Image-1', 'vendor'],
    ['/boot/Image', 'stock'],
    ...readAsUefi(text.replaceAll('\r', '')).entries.map(
      (entry) =>
        [cleaned(entry['LINUX']), cleaned(entry['LINUX']) === '/boot/Image' ? 'stock' : 'theirs'] as const,
    ),
  ]),
  record: new Map(),
  cmdline: 'root=PARTUUID=1 rw',
  boot: 1,
});

/** Run one step; false where the tool refused. */
function runStep(state: State, run: Step): boolean {
  try {
    run(state);
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError) return false;
    throw error;
  }
}

/** After a step of the tool: every entry that could be booted before, and is still there, can be booted. */
function expectBootable(state: State, before: ReturnType<typeof whole>, name: string): void {
  const now = new Set(whole(state).map((entry) => `${entry['LABEL']} ${entry['LINUX']}`));
  const all = new Set(menuOf(state).entries.map((entry) => `${entry['LABEL']} ${entry['LINUX']}`));
  const gone = before
    .map((entry) => `${entry['LABEL']} ${entry['LINUX']}`)
    .filter((key) => all.has(key) && !now.has(key));
  expect(gone, `${name}\n${state.text}`).toEqual([]);
  expect(state.files.get('/boot/Image')).toBe('stock');
}

test('whatever is done to the menu in between: what UEFI would boot is there, at every point', () => {
  let done = 0;
  let refused = 0;
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.constantFrom(STOCK, ...Object.values(WILD_MENUS)), STEPS, (menu, steps) => {
      const state = fresh(menu);
      for (const [name, run, isTool] of steps) {
        seen.add(name.split(' ')[0] ?? '');
        const before = whole(state);
        const wasWhole = before.some((entry) => entry['LABEL'] === startedOf(state)?.['LABEL']);
        if (runStep(state, run)) done += 1;
        else refused += 1;
        if (!isTool) continue;
        expectBootable(state, before, name);
        if (wasWhole)
          expect(
            whole(state).map((entry) => entry['LABEL']),
            `${name}\n${state.text}`,
          ).toContain(startedOf(state)?.['LABEL']);
      }
    }),
    // The same ones each time; BPMP_VIRT_MODEL_SEED=2 looks at others.
    { numRuns: 600, seed: Number(process.env['BPMP_VIRT_MODEL_SEED'] ?? 1) },
  );
  // Neither is everything refused, nor nothing.
  expect(done).toBeGreaterThan(refused);
  expect(refused).toBeGreaterThan(20);
  expect(seen.size).toBeGreaterThan(15);
}, 60_000);

/** What is left of our entry there names our kernel under another label: undo has to refuse. */
const REFUSED: Readonly<Record<string, string>> = {
  'an entry that uses our kernel': '‘copy’ of extlinux.conf names /boot/bpmp-virt/aaaa/Image',
  'a copy of the entry that is started': '‘copied’ of extlinux.conf names /boot/bpmp-virt/aaaa/Image',
};

test.each(Object.keys(MENU_EDITS))('undo after: %s', (name) => {
  const state = fresh();
  wish('trial', 'aaaa', 99)(state);
  edit(name)(state);
  const undo = () => apply(state, planUndo(factsFrom(state), now), 99);
  const refusal = REFUSED[name];
  if (refusal === undefined) {
    undo();
    expect(state.text.replace(/^#DEFAULT.*/m, '')).not.toMatch(/bpmp.virt/);
    expect([...state.files.keys()]).toEqual([...fresh().files.keys()]);
    const { default: label, entries } = menuOf(state);
    // A DEFAULT of somebody's that names nothing stays: UEFI starts the first entry.
    if (label !== undefined && label !== 'vendor')
      expect(entries.map((entry) => entry['LABEL'])).toContain(label);
  } else expect(undo).toThrow(refusal);
  expect(state.files.has(cleaned(startedOf(state)?.['LINUX']))).toBe(true);
});
