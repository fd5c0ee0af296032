// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CliOptions, runCli } from './cli.ts';
import { serveFolder } from './serve-folder.ts';
import { tmpDir } from './tmp-dir.ts';
import { makeToys } from './trees/toy-trees.ts';

/** Where a bench lies, and how its recipe addresses the server: 'site' by a name that only `--mirror` leads to. */
type BenchWish = { readonly name?: string; readonly below?: string; readonly address?: 'site' };

/** The address of the toys that no machine has. */
const SITE = 'https://toys.example/sources';

/** A recipe over toy trees, a work folder, a cache of its own, and a way to build. */
export async function toyBench({ name = 'toy', below, address }: BenchWish = {}) {
  const folder = tmpDir(name, below);
  const { url, asked, network } = await serveFolder(() => join(folder, 'served'));
  const toys = await makeToys(folder, address === 'site' ? SITE : url);
  const work = join(folder, 'work');
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const build = (more: readonly string[] = [], options: CliOptions = {}) =>
    runCli(['build', toys.recipe, '--work', work, ...more], { ...options, env: { ...env, ...options.env } });
  const bundle = () => readBundle(join(work, 'bundle'));
  return { folder, work, toys, asked, network, mirror: `${SITE}=${url}`, env, build, bundle };
}

/** Every file of a bundle: its path and mode → its content; the durations in the manifest are left out. */
export function readBundle(folder: string, below = ''): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(join(folder, below)).map((name) => {
      const path = join(below, name);
      const info = statSync(join(folder, path));
      if (info.isDirectory()) return readBundle(folder, path);
      const text = readFileSync(join(folder, path), 'latin1');
      const mode = (info.mode & 0o777).toString(8);
      return { [`${path} ${mode}`]: name === 'manifest.json' ? withoutDurations(text) : text };
    }),
  );
}

function withoutDurations(text: string): string {
  return JSON.stringify({ ...JSON.parse(text), durationsMs: 0 });
}

/** The events of a run with `--json`. */
export const eventsOf = (
  stdout: string,
): { type: string; step?: string; title?: string; skipped?: number }[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** A bundle without its manifest, which names the addresses that this test's server had. */
export function anonymous(bundle: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(bundle).filter(([key]) => !key.startsWith('manifest.json')));
}
