// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { makeProgram, VERBS } from '../../../src/cli/program.ts';
import { runWords } from '../../../src/cli/start.ts';
import { ExitCode } from '../../../src/errors.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { makeHostileFolder, spoiled, TEXTS, WORDS } from '../../helpers/hostile.ts';
import { silentCli } from '../../helpers/silent-cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

/** Command lines, the same ones each time; BPMP_VIRT_FUZZ_RUNS=5000 and BPMP_VIRT_FUZZ_SEED=2 look longer, and at others. */
const RUNS = Number(process.env['BPMP_VIRT_FUZZ_RUNS'] ?? 120);
const SEED = Number(process.env['BPMP_VIRT_FUZZ_SEED'] ?? 1);
/** What waits for a machine, a file or a socket is stopped as Ctrl-C would, after so many ms. */
const PATIENCE_MS = Number(process.env['BPMP_VIRT_FUZZ_PATIENCE'] ?? 700);

const RECIPES = join(import.meta.dirname, '../../../recipes');
/** Would delete what other folders share, restart this machine, or write to a board. */
const NEVER = new Set(['--cache', '--reboot', '--yes', '--help', '--version', '--target', '--targets']);
/** Added wherever a verb has it: nothing here may reach a network or a board. */
const ALWAYS: readonly string[] = ['--offline', '--dry-run'];
/** Verbs whose work is done in earnest all the same. */
const IN_EARNEST = new Set(['build']);
/** Verbs that take flags alone. */
const TAKES_NONE = new Set(['recipes', 'policy', 'firmware', 'doctor', 'probe', 'flash']);
/** What a flag means to have. */
const MEANT: Readonly<Record<string, string>> = {
  '--work': 'work',
  '--dtb': 'host.dtb',
  '--recipe': './mine.yaml',
  '--device': 'uarta',
  '--vm': 'uart-vm',
  '--jobs': '2',
  '--kernel': 'folder',
  '--mirror': 'http=file',
  '--out': 'image',
  '--socket': 'socket',
  '--lock': 'file',
};

type Surroundings = {
  readonly HOME?: string;
  readonly XDG_CACHE_HOME?: string;
  readonly PATH?: string;
  readonly TMPDIR?: string;
  readonly BPMP_VIRT_MIRROR?: string;
  readonly SOURCE_DATE_EPOCH?: string;
};

let folder = '';
const HOMES = () => [join(folder, 'home'), 'home', '', join(folder, 'none/none'), join(folder, 'file')];
const CACHES = () => [
  join(folder, 'cache'),
  join(folder, 'cache'),
  'cache',
  '',
  join(folder, 'file'),
  '/proc/none',
  '/dev/null',
  join(folder, 'x'.repeat(300)),
  join(folder, 'a b\n"c'),
];

const surroundings = (): fc.Arbitrary<Surroundings> =>
  fc.record(
    {
      HOME: fc.constantFrom(...HOMES()),
      XDG_CACHE_HOME: fc.constantFrom(...CACHES()),
      PATH: fc.constantFrom(`${folder}/bin:${process.env['PATH']}`, '', '/none:relative', folder),
      TMPDIR: fc.constantFrom(join(folder, 'tmp'), '/none', join(folder, 'file')),
      BPMP_VIRT_MIRROR: fc.constantFrom('', 'x', '=', 'http=', 'http=%zz', 'https://=file:///none/'),
      SOURCE_DATE_EPOCH: fc.constantFrom('0', 'x', '-1', '99999999999999'),
    },
    { requiredKeys: ['HOME', 'PATH', 'TMPDIR'] },
  );

type Flag = { readonly long: string; readonly takesValue: boolean; readonly choices: readonly string[] };

async function flagsOf(verb: string): Promise<readonly Flag[]> {
  const program = await makeProgram(silentCli(), [verb]);
  const command = program.commands.find((each) => each.name() === verb);
  return (command?.options ?? []).map(({ long, required, argChoices }) => ({
    long: long ?? '',
    takesValue: required,
    choices: argChoices ?? [],
  }));
}

/** A command line of `verb`: most words are what it takes, and some are nobody's. */
function lineOf(verb: string, flags: readonly Flag[]): fc.Arbitrary<readonly string[]> {
  const odd = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  );
  const orOdd = (meant: string) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(meant) }, { weight: 1, arbitrary: odd });
  const fixed = ALWAYS.filter((each) => flags.some(({ long }) => long === each)).map((each) =>
    each === '--dry-run' && IN_EARNEST.has(verb) ? fc.constantFrom([], [each]) : fc.constant([each]),
  );
  const free = flags
    .filter(({ long }) => !NEVER.has(long) && !ALWAYS.includes(long))
    .map(({ long, takesValue, choices }) =>
      takesValue
        ? fc.tuple(fc.constant(long), orOdd(choices[0] ?? MEANT[long] ?? 'file'))
        : fc.constant([long]),
    );
  const more = free.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...free), { maxLength: 3 });
  // `up` without a recipe, or with a sound one, would build it.
  const word =
    verb === 'up' ? fc.constantFrom('./none.yaml', './noise', 'l4t-99.9', '') : orOdd('./mine.yaml');
  return fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 2 }), fc.tuple(...fixed), more)
    .map(([words, always, others]) => [
      verb,
      // Standard input is read for `-`.
      ...words
        .slice(0, TAKES_NONE.has(verb) ? 0 : 2)
        .filter((each, at) => each !== '-' && (at === 0 || each.length > 40)),
      ...always.flat(),
      ...others.flat(),
    ]);
}

const VARIABLES = [
  'HOME',
  'XDG_CACHE_HOME',
  'PATH',
  'TMPDIR',
  'BPMP_VIRT_MIRROR',
  'SOURCE_DATE_EPOCH',
] as const;
const before = { ...process.env };
/** One by one: what is not done through this object does not reach what the C library has. */
function setVariables(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of VARIABLES) {
    const value = env[name];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
afterEach(() => {
  setVariables(before);
  vi.restoreAllMocks();
});

/** Run it here, without a process of its own. */
async function run(words: readonly string[], env: Surroundings) {
  setVariables(env);
  const said: string[] = [];
  const hear = (text: string | Uint8Array) => said.push(String(text)) > 0;
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const cli = silentCli({ cwd: folder, env: { ...env }, signal, warn: (text) => hear(`${text}\n`) });
  const hung = new Promise<'it hangs'>(
    (resolve) => void setTimeout(resolve, 4 * PATIENCE_MS, 'it hangs').unref(),
  );
  const code = await Promise.race([runWords(words, cli), hung]);
  vi.restoreAllMocks();
  setVariables(before);
  return { code, said: said.join('') };
}

/** Words of JavaScript's, not ours. */
const RAW = /undefined|\[object|is not a function|Cannot read prop|not iterable|Invalid URL|\n +at /;

function expectSaid(words: readonly string[], code: ExitCode | 'it hangs', said: string): void {
  const line = JSON.stringify(words).slice(0, 400);
  expect([line, code, code === ExitCode.internal ? said : '']).toEqual([line, code, '']);
  if (code === ExitCode.ok || code === ExitCode.interrupted || said.startsWith('Usage: ')) return;
  // What failed and where; then, apart, what to do.
  expect(said, line).toMatch(/(?:^|\n)error: \S.*\n\n?\S.{8}/s);
  expect(said.split('error: ').at(-1)?.slice(0, 20_000), line).not.toMatch(RAW);
  expect(said, line).not.toContain('The system’s own words are above');
}

test(
  'no command line, recipe or surroundings make it say that it has a bug, and each error says what to do',
  async () => {
    folder = tmpDir('hostile');
    makeHostileFolder(folder);
    const names = ['debian-6.12', 'l4t-36.3'];
    const sound = await Promise.all(
      names.map(async (name) => (await loadRecipe(name, { recipes: RECIPES, cwd: folder })).recipe),
    );
    const recipes = fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(...TEXTS) },
      { weight: 2, arbitrary: fc.constantFrom(...sound.map((recipe) => stringify(recipe))) },
      { weight: 4, arbitrary: fc.oneof(...sound.map(spoiled)).map((recipe) => stringify(recipe)) },
    );
    const verbs = await Promise.all(VERBS.map(async ({ name }) => lineOf(name, await flagsOf(name))));
    const codes = new Map<ExitCode | 'it hangs', number>();
    await fc.assert(
      fc.asyncProperty(fc.oneof(...verbs), recipes, surroundings(), async (words, text, env) => {
        writeFileSync(join(folder, 'mine.yaml'), text);
        const { code, said } = await run(words, env);
        expectSaid(words, code, said);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    // Neither is everything refused, nor nothing.
    expect(codes.get(ExitCode.ok)).toBeGreaterThan(RUNS / 50);
    expect(codes.get(ExitCode.usage)).toBeGreaterThan(RUNS / 5);
  },
  60_000 + RUNS * 200,
);
