// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { runCli } from './cli.ts';

const ROOT = join(import.meta.dirname, '../..');

type Wish = {
  /** Words of stty(1). */
  readonly size: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Typed as soon as `when` is on the screen, one after another. */
  readonly type?: readonly { readonly keys: string; readonly when: RegExp }[];
  /** Another installation than this clone's. */
  readonly main?: string;
  /** When it is ended, in ms. */
  readonly limit?: number;
};

/** Run the built program on a terminal of its own, script(1)'s; gives its exit code and all that it wrote to the screen. */
export async function onTerminal(
  args: readonly string[],
  { size, env = {}, type = [], main, limit = 60_000 }: Wish,
) {
  // Builds it as it is now.
  if (main === undefined) await runCli(['--version']);
  const program = main ?? join(ROOT, 'dist/cli/main.js');
  const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const child = execa('script', ['-qefc', `stty ${size}; exec ${words}`, '/dev/null'], {
    cwd: ROOT,
    env: { TERM: 'xterm', ...env },
    reject: false,
    timeout: limit,
  });
  let seen = '';
  const waiting = [...type];
  child.stdout.on('data', (bytes: Buffer) => {
    seen += bytes.toString();
    const [next] = waiting;
    if (next === undefined || !next.when.test(seen)) return;
    waiting.shift();
    child.stdin.write(next.keys);
  });
  const { exitCode } = await child;
  return { exitCode, screen: seen.replaceAll('\r\n', '\n') };
}
