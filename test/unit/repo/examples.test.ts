// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VERBS } from '../../../src/cli/program.ts';
import { ScriptRunner } from '../../../src/firmware/script.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { loadUnlocked } from '../../../src/recipe/load.ts';
import { expectWords } from '../../helpers/example-words.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** Command lines of the pages, without what explains them beside: `# …`, or words behind three blanks. */
const LINES = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^(?: {4}|\$ )(bpmp-virt .*)$/gm)]
    .map(([, line = '']) => line.replace(/ {3,}.*$/, '').replace(/\s+#.*$/, ''))
    .filter((line) => !/<|\[/.test(line))
    .map((line) => [page, line.replace(/…/g, 'host.dtb')] as const),
);

test('the pages have examples', () => {
  expect(LINES.length).toBeGreaterThan(20);
});

test.each(LINES)('%s: `%s` has words that the verb takes', async (_page, line) => {
  await expectWords(line);
});

test('docs/cli.md has every example of a verb on a line of its own', () => {
  const lines = read('docs/cli.md').split('\n');
  const examples = VERBS.flatMap((verb) => verb.examples);
  expect(examples.filter((example) => !lines.includes(example))).toEqual([]);
});

const RECIPES = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .map(([, text = '']) => text)
    .filter((text) => text.includes('version:'))
    .map((text) => [page, text] as const),
);

test.each(RECIPES)('%s: a recipe in it is sound and leads to a plan', async (_page, text) => {
  const cwd = mkdtempSync(join(tmpdir(), 'bpmp-virt-example-'));
  writeFileSync(join(cwd, 'mine.yaml'), text);
  const loaded = await loadUnlocked('./mine.yaml', { recipes: join(ROOT, 'recipes'), cwd });
  rmSync(cwd, { recursive: true });
  expect(makePlan(loaded).steps.length).toBeGreaterThan(10);
});

test('docs/virtual-orin.md: the script of the firmware model is one', () => {
  const [, text = ''] =
    /((?:^ {4}.*\n)*^ {4}\{ "rules"[\s\S]*?\n)\n/m.exec(read('docs/virtual-orin.md')) ?? [];
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  expect(() => new ScriptRunner(JSON.parse(json))).not.toThrow();
});
