// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

/** Most of what runs side by side waits for programs that it has started. */
const WORKERS = availableParallelism() + 1;
/** Compilers use all processors; a second file uses what a linker, a configure script or an emulated machine leaves idle. */
const BUILDERS = 2;

/**
 * unit and integration run in seconds to minutes without a cross compiler; e2e builds and boots the real kernels and QEMUs; timed does,
 * after that, what has a bound in time; hard is the debug kernels, the sanitizers, the fuzzers and the proofs;
 * bench measures: ratios and counts against their goals.
 */
const project = (name: string, testTimeout: number, maxWorkers: number, groupOrder = 0) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    maxWorkers,
    sequence: { groupOrder },
  },
});

type Failure = { readonly message: string; readonly stack?: string | undefined };
const say = (where: string, errors: readonly Failure[] = []) => {
  for (const { message, stack = '' } of errors)
    process.stdout.write(`FAILED ${where}\n${message}\n${stack}\n`);
};
/** Tells of a failure when it happens: a run that is stopped for its time never comes to its summary. */
const failures: Reporter = {
  onTestCaseResult: (test) => say(test.fullName, test.result().errors),
  onTestSuiteResult: (suite) => say(suite.fullName, suite.errors()),
  onTestModuleEnd: (module) => say(module.relativeModuleId, module.errors()),
};
/** Where results are left as JSON, by absolute path. */
const { BPMP_VIRT_REPORT = '' } = process.env;

export default defineConfig({
  test: {
    reporters: [
      'default',
      failures,
      ...(BPMP_VIRT_REPORT === '' ? [] : [['json', { outputFile: BPMP_VIRT_REPORT }] as ['json', object]]),
    ],
    projects: [
      project('unit', 30_000, WORKERS),
      project('integration', 300_000, WORKERS),
      project('e2e', 3_600_000, BUILDERS),
      // One at a time, and nothing beside it.
      project('timed', 1_800_000, 1, 1),
      project('hard', 3_600_000, BUILDERS),
      project('bench', 3_600_000, 1),
    ],
  },
});
