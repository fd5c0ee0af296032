// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** The order of docs/architecture.md: a folder imports only folders before it. */
const ORDER = [
  ...['recipe', 'dt', 'policy', 'trees', 'plan', 'launch', 'tools', 'steps', 'engine'],
  ...['firmware', 'emulate', 'deploy', 'flash', 'cli'],
];
/** Where alone a package may be imported. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  execa: ['tools/process', 'tools/fetch', 'emulate'],
  got: ['tools/fetch'],
  'simple-git': ['tools/git'],
  'node:net': ['firmware', 'emulate'],
  'node:child_process': ['tools/files'],
};
const ROOMS = [
  ...ORDER,
  'tools/process',
  'tools/fetch',
  'tools/git',
  'tools/files',
  'steps/shell',
  'cli/actions',
];

/** Plant one file an import; gives the names of those that the linter refuses. */
async function refused(imports: readonly (readonly [room: string, name: string])[]): Promise<Set<string>> {
  const dir = tmpDir('layers');
  copyFileSync(join(ROOT, 'biome.json'), join(dir, 'biome.json'));
  for (const [room, name] of imports) {
    const file = join(dir, 'src', room, `${name.replaceAll(/[^a-z]+/g, '-')}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    const up = '../'.repeat(room.split('/').length);
    const from = name.includes('/') ? `${up}${name}` : name;
    writeFileSync(file, `import { x } from '${from}';\nexport const y = x;\n`);
  }
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const words = ['lint', '--only=style/noRestrictedImports', '--vcs-enabled=false', '--reporter=json'];
  const { stdout } = await execa(biome, [...words, '--max-diagnostics=none', dir], {
    cwd: dir,
    reject: false,
  });
  const report = JSON.parse(stdout) as { diagnostics: { location: { path: unknown } }[] };
  return new Set(report.diagnostics.map(({ location }) => JSON.stringify(location.path)));
}

test('the folders of src are those of the order', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(folders.sort()).toEqual([...ORDER].sort());
});

test('an import from a folder further down is refused, and no other', async () => {
  const pairs = ORDER.flatMap((room, at) =>
    ORDER.map((other, place) => ({ room, name: `${other}/planted.ts`, wrong: place > at })),
  ).filter(({ room, name }) => !name.startsWith(`${room}/`));
  const found = await refused(pairs.map(({ room, name }) => [room, name]));
  const wrong = pairs.filter(({ wrong }) => wrong);
  expect(found.size).toBe(wrong.length);
  for (const { room, name } of wrong)
    expect([...found].join('\n'), `${room} imports ${name}`).toContain(
      `src/${room}/${name.replaceAll(/[^a-z]+/g, '-')}.ts`,
    );
});

test('a package is imported only where it belongs', async () => {
  const pairs = Object.keys(HOMES).flatMap((name) => ROOMS.map((room) => [room, name] as const));
  const found = [...(await refused(pairs))].join('\n');
  for (const [room, name] of pairs) {
    const home = HOMES[name]?.includes(room) === true;
    expect(found.includes(`src/${room}/${name.replaceAll(/[^a-z]+/g, '-')}.ts`), `${room}: ${name}`).toBe(
      !home,
    );
  }
});

test('flags and reports import no verb, and an action no command line', async () => {
  const pairs = [
    ['cli/flags', 'cli/commands/planted.ts'],
    ['cli/flags', 'cli/actions/planted.ts'],
    ['cli/report', 'cli/actions/planted.ts'],
    ['cli/actions', 'cli/commands/planted.ts'],
  ] as const;
  expect((await refused(pairs)).size).toBe(pairs.length);
});
