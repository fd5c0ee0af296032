// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { formatPage } from '../../../src/cli/report/page.ts';
import { formatRunReport } from '../../../src/cli/report/run-report.ts';
import { runCli } from '../../helpers/cli.ts';
import { HOSTILE_NAMES, runParts, transfer } from '../../helpers/page-parts.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('policy --html writes one page that loads nothing, over its own only', async () => {
  const folder = tmpDir('page');
  const dtb = join(folder, 'host.dtb');
  const page = join(folder, 'policy.html');
  await execa('dtc', ['-q', '-@', '-o', dtb, join(ROOT, 'test/fixtures/toy/host.dts')]);
  const ask = ['policy', '--dtb', dtb, '--vm', 'uart-vm', '--device', 'uarta', '--html', page];
  for (const _ of [1, 2]) expect(await runCli(ask)).toMatchObject({ code: 0, stderr: '' });
  const text = readFileSync(page, 'utf8');
  const { stdout } = await runCli(ask.slice(0, -2));
  const names = stdout.split('\n').flatMap((line) => /TEGRA234\S+ \(\d+\)/.exec(line)?.[0] ?? []);
  expect(names.length).toBeGreaterThan(1);
  for (const name of names) expect(text).toContain(name);
  expect(text).toContain('<svg');
  expect(text).toMatch(/osc \(\d+\)/);
  // Names of XML's are addresses, too.
  expect(text.replace(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|<script|<link|<img|src=|@import/);
  writeFileSync(page, 'a letter\n');
  const refused = await runCli(ask);
  expect([refused.code, readFileSync(page, 'utf8')]).toEqual([2, 'a letter\n']);
  const twice = await runCli([...ask, '--json']);
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('cannot be used with')]);
});

test('the page of a run has its result, each transfer at its time, and nothing of hostile names as markup', async () => {
  const run = {
    report: runParts.report,
    transfers: [
      transfer(1000, 'ENABLE', 0),
      transfer(1500, 'SET_RATE', -13),
      transfer(2000, 'DISABLE', 0, -22),
    ],
  };
  const text = await formatPage({ title: HOSTILE_NAMES.join(''), policies: runParts.policies, run });
  for (const tag of ['<script', '<img', '<iframe']) expect(text).not.toContain(tag);
  expect(text.indexOf('Result:')).toBeLessThan(text.indexOf('what it may use'));
  const rows = [
    ...text.matchAll(
      /<tr><td>([\d.]+)<\/td><td>CLK (\w+)<\/td><td>#155<\/td><td>([^<]+)<.*?calc\(([\d.]+)%/g,
    ),
  ];
  expect(rows.map(([, ...cells]) => cells.slice(0, 4))).toEqual([
    ['0.000', 'ENABLE', 'ok', '0.00'],
    ['0.500', 'SET_RATE', 'refused -13', '50.00'],
    ['1.000', 'DISABLE', 'firmware -22', '100.00'],
  ]);
  // Of the clocks, the one that the run switched.
  expect(text.match(/switched in this run/g)).toHaveLength(1);
});

test('a policy with more clocks than anybody looks at has a page without a picture', async () => {
  const [policy] = runParts.policies;
  const ids = Array.from({ length: 1000 }, (_, id) => ({ ...runParts.clock, id: 1000 + id }));
  const text = await formatPage({ title: 'many', policies: [{ ...policy, ids }] });
  expect(text).not.toContain('<svg');
  expect(text).toContain('No picture');
});

test('the report of a run starts with the result, and folds what a kernel switches by the dozen', () => {
  const off = Array.from({ length: 40 }, (_, at) => `clock off: c${at}`);
  const text = formatRunReport({ ...runParts.report, switched: [...off, 'clock on: uarta'] });
  expect(text).toMatch(/^\nResult: 5 bytes at the UART, 1 requests refused by the host proxy, /);
  expect(text).toContain(
    '\n  clock off: c0, c1, c2 and 37 more (--html FILE or --json has all)\n  clock on: uarta\n',
  );
  expect(text).toContain('Bytes at the UART: 31 32 33 0d 0a ("123\\r\\n"), first after 9.1 s\n');
});
