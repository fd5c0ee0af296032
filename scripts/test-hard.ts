// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { StepError } from '../src/errors.ts';
import { writeFileWhole } from '../src/tools/files/write-file.ts';
import { exec } from '../src/tools/process/exec.ts';
import { parseDeclared } from './hard/declared.ts';
import { digestOf, recall, remember } from './hard/memory.ts';
import { type Candidate, inOrder, minutes, whyNot } from './hard/order.ts';
import { type FileReport, type Report, readReport } from './report.ts';

/**
 * npm run test:hard: run the files of test/hard, two at a time, what changed since it passed here first. With `--budget S` what does
 * not fit into S seconds is named and counted as skipped. Words name files, as for vitest. `--report FILE` leaves the results.
 */
const { values, positionals } = parseArgs({
  options: {
    budget: { type: 'string' },
    report: { type: 'string' },
    folder: { type: 'string', default: 'test/hard' },
  },
  allowPositionals: true,
});
const ROOT = process.cwd();
/** Compilers use all processors; a second file uses what a linker or an emulated machine leaves idle. */
const AT_A_TIME = 2;
const start = Date.now();
const say = (text: string) => process.stdout.write(`${text}\n`);
const left = () =>
  values.budget === undefined ? undefined : Number(values.budget) - (Date.now() - start) / 1000;

async function candidates(): Promise<readonly Candidate[]> {
  const names = await readdir(resolve(ROOT, values.folder), { recursive: true });
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => join(values.folder, name));
  const chosen = files.filter((file) => positionals.every((word) => file.includes(word)));
  return Promise.all(
    chosen.map(async (file) => {
      const memory = await recall(file);
      const declared = parseDeclared(file, await readFile(join(ROOT, file), 'utf8'));
      const seconds = memory?.seconds ?? declared.minutes * 60;
      const passed = memory === undefined ? {} : { passed: memory };
      return { file, digest: await digestOf(ROOT, file), seconds, ...passed };
    }),
  );
}

/** Run one file to its end, or to the end of the budget; gives what its report says, and nothing where it was cut off. */
async function run(file: string): Promise<FileReport | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bpmp-virt-hard-'));
  const report = join(folder, 'report.json');
  const seconds = left();
  const limit = seconds === undefined ? [] : ['timeout', '-k', '30', `${Math.max(1, Math.ceil(seconds))}`];
  const [program = '', ...words] = [...limit, 'npx', 'vitest', 'run', '--project', 'hard', file];
  try {
    await exec([program, ...words], ROOT, {
      env: { BPMP_VIRT_REPORT: report },
      emit: (event) => {
        if (event.type === 'output') say(event.text);
      },
    });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
  }
  const found = await readReport(report);
  await rm(folder, { recursive: true, force: true });
  const over = (left() ?? 1) <= 0;
  if (found === undefined && over) return undefined;
  return (
    found?.testResults[0] ?? {
      name: join(ROOT, file),
      status: 'failed',
      assertionResults: [],
      startTime: 0,
      endTime: 0,
      message: 'it ended without a report',
    }
  );
}

const skipped: string[] = [];
const results: FileReport[] = [];
const todo = [...inOrder(await candidates())];

async function worker(): Promise<void> {
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const reason = whyNot(next, left());
    const began = Date.now();
    const result = reason === undefined ? await run(next.file) : undefined;
    if (result === undefined) {
      skipped.push(
        `${next.file}: ${reason ?? `cut off by the end of the budget after ${minutes((Date.now() - began) / 1000)} min`}`,
      );
      continue;
    }
    results.push(result);
    const seconds = (Date.now() - began) / 1000;
    if (result.status === 'passed')
      await remember(next.file, { digest: await digestOf(ROOT, next.file), at: Date.now(), seconds });
    say(`== ${next.file}: ${result.status} after ${minutes(seconds)} min`);
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, worker));
for (const line of skipped) say(`SKIPPED ${line}`);
const report: Report = { testResults: results, skipped };
if (values.report !== undefined) await writeFileWhole(resolve(values.report), `${JSON.stringify(report)}\n`);
if (results.some(({ status }) => status !== 'passed')) process.exitCode = 1;
