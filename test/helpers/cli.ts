// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = 'main.js';

/** dist/cli/main.js, built once for each process of the tests; one after the other, since they share the folder. */
async function builtCli(): Promise<string> {
  built ??= build();
  return built;
}
let built: Promise<string> | undefined;

async function build(): Promise<string> {
  const lock = join(tmpdir(), `bpmp-virt-dist-${Buffer.from(ROOT).toString('hex').slice(-40)}`);
  while (!takeLock(lock)) await sleep(100);
  try {
    // As `npm run build` does it, but aside: a test beside this one may be running what is there.
    const aside = mkdtempSync(join(ROOT, 'dist-'));
    const words = ['-c', 'rolldown.config.ts', '--dir', aside];
    await execa(join(ROOT, 'node_modules/.bin/rolldown'), words, { cwd: ROOT });
    mkdirSync(join(ROOT, 'dist/cli'), { recursive: true });
    // What starts comes last: the files that it loads have a hash in their names.
    const files = readdirSync(aside).sort((one, other) => Number(one === MAIN) - Number(other === MAIN));
    chmodSync(join(aside, MAIN), 0o755);
    for (const file of files) renameSync(join(aside, file), join(ROOT, 'dist/cli', file));
    rmdirSync(aside);
  } finally {
    rmdirSync(lock);
  }
  return join(ROOT, 'dist/cli', MAIN);
}

/** Make the folder `lock`; one that was left behind two minutes ago counts as none. */
function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > 120_000) rmdirSync(lock);
    return false;
  }
}

/** The command line as it is now, beside the other files of a package in the folder `folder`; gives what is to be run. */
export async function installCli(folder: string): Promise<string> {
  const from = dirname(await builtCli());
  const into = join(folder, 'dist/cli');
  const aside = `${into}.part`;
  for (const path of [aside, into]) rmSync(path, { recursive: true, force: true });
  cpSync(from, aside, { recursive: true });
  renameSync(aside, into);
  return join(into, MAIN);
}

export type CliResult = {
  /** Absent where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
};
type Child = { readonly pid: number; readonly kill: (signal: NodeJS.Signals) => void };
export type CliOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called for every line of stdout as it comes; may kill. */
  readonly onLine?: (line: string, child: Child) => void;
  readonly umask?: string;
  /** What it reads on stdin; nothing if not given. */
  readonly input?: string;
  /** Another installation than this clone's: what `installCli` gave. */
  readonly main?: string;
  /** Words before the program: `setpriv …`. */
  readonly prefix?: readonly string[];
};

/** Run the built command line to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const main = options.main ?? (await builtCli());
  const words = [...(options.prefix ?? []), process.execPath, main, ...args];
  const [program = '', ...rest] =
    options.umask === undefined ? words : ['sh', '-c', `umask ${options.umask}; exec "$@"`, 'sh', ...words];
  const start = performance.now();
  const child = execa(program, rest, {
    cwd: options.cwd ?? ROOT,
    env: { NO_COLOR: '1', ...options.env },
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  const handle: Child = {
    pid: child.pid ?? 0,
    kill: (signal) => void process.kill(child.pid ?? 0, signal),
  };
  for await (const line of child.iterable()) options.onLine?.(line, handle);
  const { exitCode, signal, stdout, stderr } = await child;
  return { code: exitCode, signal, stdout, stderr, ms: performance.now() - start };
}
