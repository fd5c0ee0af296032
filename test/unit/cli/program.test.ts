// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completionWords, formatCompletion } from '../../../src/cli/actions/completion-script.ts';
import { makeProgram, VERBS } from '../../../src/cli/program.ts';
import { VERSION } from '../../../src/cli/version.ts';
import { expectWords } from '../../helpers/example-words.ts';
import { silentCli } from '../../helpers/silent-cli.ts';

const cli = silentCli();

test('the version is that of package.json', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
  expect(JSON.parse(manifest)).toMatchObject({ version: VERSION });
});

test.each(VERBS.map((verb) => verb.name))('%s: its code has the name that the table has', async (name) => {
  const verb = VERBS.find((other) => other.name === name);
  const command = (await verb?.load())?.(cli);
  expect(command?.name()).toBe(name);
  expect(command?.description()).not.toBe('');
});

test('only the chosen verb is loaded', async () => {
  const program = await makeProgram(cli, ['plan', 'debian-6.12']);
  const loaded = program.commands
    .filter((command) => command.options.length > 0)
    .map((command) => command.name());
  expect(loaded).toEqual(['plan']);
});

test('completion knows all verbs, their options and the recipes', async () => {
  const words = await completionWords(await makeProgram(cli, ['completion', 'bash']));
  expect(words.verbs.map((verb) => verb.name)).toEqual(VERBS.map((verb) => verb.name));
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const text = formatCompletion(shell, words);
    for (const word of ['build', 'offline', 'l4t-36.3']) expect(text).toContain(word);
  }
});

const EXAMPLES = VERBS.flatMap(({ name, examples }) => examples.map((line) => [name, line] as const));

test.each(EXAMPLES)('%s: the example `%s` has words that the verb takes', async (name, line) => {
  expect(line).toMatch(new RegExp(`^bpmp-virt ${name}( |$)`));
  await expectWords(line);
});

test('every verb of --help has an example and a heading', async () => {
  const help = (await makeProgram(cli, ['--help'])).helpInformation();
  for (const { group, examples } of VERBS.filter(({ hidden }) => hidden !== true)) {
    expect(help).toContain(`\n${group}:\n`);
    expect(examples).not.toEqual([]);
  }
  expect(help).not.toContain('\nCommands:\n');
});

test('no help speaks of an empty default', async () => {
  const program = await makeProgram(cli, ['completion']);
  for (const command of program.commands) expect(command.helpInformation()).not.toContain('[]');
});

test.each([
  ['build --devce x', 'build', '--device'],
  ['policy lint --lok x', 'policy lint', '--lock'],
  ['image guest --kin x --out y', 'image guest', '--kind'],
  ['run --emulate orn', 'run', 'Allowed choices'],
  ['image gest', 'image', 'guest'],
])('%s: the hint is of the very verb, and it is wrong use', async (line, words, says) => {
  const said: string[] = [];
  const program = await makeProgram(cli, line.split(' '));
  const output = { writeErr: (text: string) => void said.push(text) };
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ])
    command.configureOutput(output);
  await expect(program.parseAsync(line.split(' '), { from: 'user' })).rejects.toMatchObject({ exitCode: 1 });
  expect(said.join('')).toContain(`(bpmp-virt ${words} --help says what it takes)`);
  expect(said.join('')).toContain(says);
});
