// SPDX-License-Identifier: Apache-2.0
// inputs: -
// tools: chromium
// labs: -
// minutes: 1
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { CLOCK_LOOKS } from '../../../src/cli/report/clock-picture.ts';
import { formatPage } from '../../../src/cli/report/page.ts';
import { HOSTILE_NAMES, runParts, transfer } from '../../helpers/page-parts.ts';
import { readPng } from '../../helpers/png.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

/** A browser without a screen, and without a network: a page that asks for anything gets nothing. */
async function chromium(page: string, ...words: readonly string[]): Promise<string> {
  const profile = tmpDir('chromium');
  const quiet = [
    '--headless',
    '--disable-gpu',
    '--hide-scrollbars',
    '--no-first-run',
    `--user-data-dir=${profile}`,
  ];
  // Its sandbox does not start as root, and the page is ours.
  const alone = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND'];
  const { stdout } = await execa('chromium', [...quiet, ...alone, ...words, `file://${page}`], {
    timeout: 120_000,
  });
  return stdout;
}

const title = HOSTILE_NAMES.join(' ');

async function makePage(): Promise<string> {
  const page = join(tmpDir('page'), 'run.html');
  const transfers = [
    transfer(1000, 'ENABLE', 0),
    transfer(1500, 'SET_RATE', -13),
    transfer(2000, 'DISABLE', 0, -22),
  ];
  const run = { report: runParts.report, transfers };
  writeFileSync(page, await formatPage({ title, policies: runParts.policies, run }));
  return page;
}

test('a browser takes no name of the page for markup, and runs nothing of it', async () => {
  const dom = await chromium(await makePage(), '--dump-dom');
  expect(dom.match(/<(script|img|iframe|object|embed)\b/gi)).toBe(null);
  const [, shown = ''] = /<title>(.*?)<\/title>/s.exec(dom) ?? [];
  expect(shown.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toBe(title);
  expect(dom).not.toMatch(/<[^>]* on\w+=/i);
  expect(dom.match(/<svg\b/g)).toHaveLength(1);
  expect(dom.match(/<tr><td>[\d.]+<\/td><td>CLK /g)).toHaveLength(3);
});

test.each([1280, 500])(
  'what it shows in %i columns has the colour of each class, and a bar a transfer',
  async (width) => {
    const shot = join(tmpDir('shot'), 'page.png');
    await chromium(await makePage(), `--window-size=${width},2400`, `--screenshot=${shot}`);
    const seen = readPng(readFileSync(shot));
    expect([seen.width, seen.height]).toEqual([width, 2400]);
    // A word and, of a clock, a box: more than the edge of either.
    for (const { fill } of Object.values(CLOCK_LOOKS)) expect(seen.colours.get(fill)).toBeGreaterThan(400);
    for (const bar of ['#2a6fb0', '#b3261e']) expect(seen.colours.get(bar)).toBeGreaterThan(20);
  },
);
