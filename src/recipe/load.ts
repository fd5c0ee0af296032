// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../near-names.ts';
import { readText } from '../read-file.ts';
import { otherRelease, releaseOfName } from './known-releases.ts';
import { applyLock, locksOf } from './lock-file.ts';
import { type ChainLink, isMap, mergeRecipe, type YamlMap } from './merge.ts';
import { checkRules, type Problem } from './rules.ts';
import { type Recipe, recipeSchema } from './schema.ts';

/** A recipe with what is needed to make a plan of it. */
export type LoadedRecipe = {
  /** `l4t-36.3`: the file's name without `.yaml`. */
  readonly name: string;
  /** What the command line calls it: the name of one of this package, or the absolute path of the file. */
  readonly word: string;
  /** The file, absolute. */
  readonly file: string;
  readonly recipe: Recipe;
  /** Devices that the command line gave its first virtual machine; absent: the recipe's own. */
  readonly devices?: readonly string[];
};

/** Where recipes that are named without a path are. */
export type RecipePlace = { readonly recipes: string; readonly cwd: string };

/**
 * Read a recipe: the YAML file, what it extends, their lock files, shape, rules. All problems are reported at once.
 *
 * @param name a name in `place.recipes`, or a path with `/` or `.yaml` in it, relative to `place.cwd`
 * @throws {UsageError} there is no such file, it is not YAML, or it is not a sound recipe
 */
export async function loadRecipe(name: string, place: RecipePlace): Promise<LoadedRecipe> {
  const chain = await chainOf(name, place);
  const loaded = soundRecipe(name, place, chain);
  const lock = await locksOf(chain);
  return lock === undefined ? loaded : { ...loaded, recipe: applyLock(loaded.recipe, lock) };
}

/** The same without its lock file: what `lock` starts from. @throws {UsageError} as `loadRecipe` */
export async function loadUnlocked(name: string, place: RecipePlace): Promise<LoadedRecipe> {
  return soundRecipe(name, place, await chainOf(name, place));
}

function chainOf(name: string, { cwd, recipes }: RecipePlace): Promise<readonly ChainLink[]> {
  return readChain(findFile(name, cwd, recipes), recipes, []);
}

/** @throws {UsageError} the recipes of `chain`, merged, are none */
function soundRecipe(name: string, place: RecipePlace, chain: readonly ChainLink[]): LoadedRecipe {
  const file = chain[0]?.file ?? '';
  const raw = mergeChain(chain);
  // zod's own words for it are those of JavaScript: "received undefined".
  const error = ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : undefined);
  const shape = recipeSchema.safeParse(raw, { error });
  if (!shape.success) {
    throw invalid(
      file,
      shape.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
    );
  }
  const problems = checkRules(shape.data);
  if (problems.length > 0) throw invalid(file, problems);
  const word = file === join(place.recipes, `${name}.yaml`) ? name : file;
  return { name: recipeName(file), word, file, recipe: shape.data };
}

/** Names of the recipes in a folder, sorted. */
export async function recipeNames(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => /(?<!\.lock)\.yaml$/.test(name));
  return names.map(recipeName).sort();
}

/** @throws {UsageError} it has line ends or other control characters: the name stands in comments of scripts that root runs */
function recipeName(file: string): string {
  const name = file.replace(/^.*\//s, '').replace(/\.ya?ml$/, '');
  if (!/\p{Cc}/u.test(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name)} has control characters, which the name of a recipe may not have`,
    'Rename the file.',
  );
}

function findFile(name: string, folder: string, recipes: string): string {
  if (isAbsolute(name)) return name;
  return name.includes('/') || /\.ya?ml$/.test(name) ? resolve(folder, name) : join(recipes, `${name}.yaml`);
}

async function readChain(
  file: string,
  recipes: string,
  seen: readonly string[],
): Promise<readonly ChainLink[]> {
  if (seen.includes(file)) {
    throw new UsageError(`${seen.join(' extends ')} extends ${file}`, 'Take one of the `extends` away.');
  }
  const own = await readMap(file);
  const parent = own.extends;
  if (parent === undefined) return [{ file, own }];
  if (typeof parent !== 'string')
    throw invalid(file, [{ path: 'extends', message: 'must be a name or a path' }]);
  const base = findFile(parent, dirname(file), recipes);
  return [{ file, own }, ...(await readChain(base, recipes, [...seen, file]))];
}

/** The recipe's own file first, then what it extends. */
function mergeChain([first, ...rest]: readonly ChainLink[]): YamlMap {
  if (first === undefined) return {};
  const [parent] = rest;
  return parent === undefined
    ? first.own
    : mergeRecipe(fromFolder(mergeChain(rest), dirname(parent.file)), first.own);
}

/** `./` and `../` of a recipe mean its own folder, also where one in another folder extends it. */
function fromFolder(map: YamlMap, folder: string): YamlMap {
  const whole = (value: unknown): unknown => {
    if (typeof value === 'string') return /^\.\.?\//.test(value) ? join(folder, value) : value;
    if (Array.isArray(value)) return value.map(whole);
    return isMap(value) ? fromFolder(value, folder) : value;
  };
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, whole(value)]));
}

async function readMap(file: string): Promise<YamlMap> {
  const text = await readText(file).catch(async (cause: unknown) => {
    throw cause instanceof UsageError ? cause : await noRecipe(file, cause);
  });
  const value: unknown = parseYaml(file, text);
  if (!isMap(value)) throw invalid(file, [{ path: '', message: 'must be a map of keys' }]);
  return value;
}

/** What to say of a file that could not be read. */
async function noRecipe(file: string, cause: unknown): Promise<UsageError> {
  const near = didYouMean(recipeName(file), await recipeNames(dirname(file)).catch(() => []));
  const release = releaseOfName(file);
  const other = release === undefined ? undefined : otherRelease(release);
  if (other === undefined || !(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'))
    return new UsageError(
      `no recipe at ${file}`,
      `${near}\`bpmp-virt recipes\` lists those of this package; a recipe of yours is named by its path (\`./mine.yaml\`).`,
      { cause },
    );
  const { why, use } = other;
  return new UsageError(
    `no recipe for Jetson Linux ${release}${why === undefined ? '' : `: ${why}`}`,
    `${why === undefined ? near : ''}The one to take: ${use}; or one of your own, with the URLs and sums of its release (docs/recipes.md).`,
    { cause },
  );
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${file} is not YAML: ${why}`, 'Correct the line that is named.', { cause });
  }
}

function invalid(file: string, problems: readonly Problem[]): UsageError {
  const lines = problems.map(({ path, message }) => `  ${path === '' ? '(top)' : path}: ${message}`);
  return new UsageError(
    `${file} is not a sound recipe:\n${lines.join('\n')}`,
    'docs/recipes.md describes every key; recipes/schema.json lets an editor check them.',
  );
}
