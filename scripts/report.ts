// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** As much of vitest's JSON report as is read here; times in ms since 1970. */
const fileReport = z.object({
  name: z.string(),
  status: z.string(),
  startTime: z.number(),
  endTime: z.number(),
  assertionResults: z.array(
    z.object({
      status: z.string(),
      fullName: z.string().default(''),
      failureMessages: z.array(z.string()).default([]),
    }),
  ),
  /** Why the file could not be run at all. */
  message: z.string().default(''),
});
const reportSchema = z.object({
  testResults: z.array(fileReport),
  /** Test files that were not run, with the reason. */
  skipped: z.array(z.string()).default([]),
});
export type FileReport = z.infer<typeof fileReport>;
export type Report = z.infer<typeof reportSchema>;

/** The report in `file`; undefined where there is none. */
export async function readReport(file: string): Promise<Report | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : reportSchema.parse(JSON.parse(text));
}

/** Tests that passed, failed and were skipped. A file that cannot be loaded has no tests that could fail: it counts as one. */
export function count({ testResults, skipped }: Report): { passed: number; failed: number; skipped: number } {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(({ status, assertionResults }) => {
    return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  });
  return {
    passed: all.filter(({ status }) => status === 'passed').length,
    failed: all.filter(({ status }) => status === 'failed').length + broken.length,
    skipped: all.filter(({ status }) => !['passed', 'failed'].includes(status)).length + skipped.length,
  };
}

/** Lines of a failure that are said once more at the end, where whoever sees the last lines alone sees them. */
const TOLD = 15;

/** What failed, by name, each with the last lines of its reason and without the stack. */
export function failures({ testResults }: Report): readonly string[] {
  return testResults.flatMap(({ name, status, assertionResults, message }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [told(name, message)] : [];
    return failed.map(({ fullName, failureMessages }) => told(fullName, failureMessages.join('\n')));
  });
}

function told(name: string, reason: string): string {
  const lines = reason.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return [`FAILED ${name}`, ...lines.slice(-TOLD).map((line) => `  ${line}`)].join('\n');
}
