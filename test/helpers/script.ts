// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { exec } from '../../src/tools/process/exec.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Run a script of test/c (path from there) and give its standard output. What it prints is shown as it comes where
 * BPMP_VIRT_LAB_VERBOSE=1.
 *
 * @throws {CommandError} with the last lines, where it fails
 */
export async function runScript(
  path: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<string> {
  const verbose = process.env['BPMP_VIRT_LAB_VERBOSE'] === '1';
  return exec([join(ROOT, 'test/c', path), ...args], ROOT, {
    env,
    emit: (event) => {
      if (verbose && event.type === 'output') process.stderr.write(`${event.text}\n`);
    },
  });
}
