// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Most of what runs side by side waits for programs that it has started. */
const WORKERS = availableParallelism() + 1;
/** Compilers use all processors; a second file uses what a linker, a configure script or an emulated machine leaves idle. */
const BUILDERS = 2;

/**
 * unit and integration run in seconds to minutes without a cross compiler; e2e builds and boots the real
 * kernels and QEMUs; hard is the debug kernels, the sanitizers, the fuzzers and the proofs.
 */
const project = (name: string, testTimeout: number, maxWorkers: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    maxWorkers,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 10_000, WORKERS),
      project('integration', 120_000, WORKERS),
      // One at a time: these measure.
      project('e2e', 1_800_000, 1),
      project('hard', 3_600_000, BUILDERS),
    ],
  },
});
