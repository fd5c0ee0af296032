// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { defineConfig } from 'rolldown';

/** What `npm run build` makes, and `npm run build:scripts`. */
const PROGRAM = 'src/cli/main.ts';
const SCRIPTS = ['scripts/summary.ts', 'scripts/test-hard.ts', 'scripts/generate.ts', 'scripts/bench.ts'];

export default defineConfig({
  input: process.env['SCRIPTS'] === undefined ? PROGRAM : SCRIPTS,
  platform: 'node',
  onLog(level, log, report) {
    // rolldown would warn, leave the import in the program, and end well: the program then fails where it is used.
    if (log.code === 'UNRESOLVED_IMPORT')
      throw new Error(
        `${log.message}\n\nA package is missing in node_modules: run \`npm ci\`, then build again.`,
      );
    report(level, log);
  },
});
