// SPDX-License-Identifier: Apache-2.0
import { join, relative } from 'node:path';
import process from 'node:process';
import { count, failures, readReport } from './report.ts';

/**
 * What the reports in a folder (first word) say: what costs what, what was skipped, why what failed did, and, last, `N passed, N failed,
 * N skipped`. Exits with 1 where a test failed or a part (the other words) has run none.
 */
const [folder = '.', ...parts] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
/** Files that take less are added up. */
const SMALL_S = 20;

const totals = { passed: 0, failed: 0, skipped: 0 };
const failed: string[] = [];
const costs: { readonly name: string; readonly seconds: number }[] = [];
let absent = false;
for (const part of parts) {
  const report = await readReport(join(folder, `${part}.json`));
  if (report === undefined || report.testResults.length === 0) {
    say(`no results of: ${part}`);
    absent ||= report === undefined || report.skipped.length === 0;
  }
  if (report === undefined) continue;
  for (const line of report.skipped) say(`SKIPPED ${line}`);
  for (const { name, startTime, endTime } of report.testResults)
    costs.push({ name: relative(process.cwd(), name), seconds: (endTime - startTime) / 1000 });
  failed.push(...failures(report));
  const counts = count(report);
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
}

const large = costs.filter(({ seconds }) => seconds >= SMALL_S).sort((a, b) => b.seconds - a.seconds);
const small = costs.filter(({ seconds }) => seconds < SMALL_S);
say('minutes  test file (those beside each other share the processors)');
for (const { name, seconds } of large) say(`${(seconds / 60).toFixed(1).padStart(7)}  ${name}`);
const rest = small.reduce((sum, { seconds }) => sum + seconds, 0);
say(`${(rest / 60).toFixed(1).padStart(7)}  ${small.length} others`);
for (const text of failed) say(text);
say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 || absent ? 1 : 0;
