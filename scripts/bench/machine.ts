// SPDX-License-Identifier: Apache-2.0
import { cpus, release, totalmem } from 'node:os';
import process from 'node:process';
import { z } from 'zod';
import { exec } from '../../src/tools/process/exec.ts';

const machineSchema = z.strictObject({
  cpu: z.string(),
  cores: z.number(),
  memoryGiB: z.number(),
  /** Kernel release. */
  system: z.string(),
  node: z.string(),
  /** Of this tree; `+` where files of it are changed. */
  commit: z.string(),
  /** Day, UTC. */
  date: z.string(),
});
/** What a measurement was taken on. */
export type BenchMachine = z.infer<typeof machineSchema>;

/** What git says of this tree; nothing outside of a repository. */
async function git(...words: readonly string[]): Promise<string> {
  const said = await exec(['git', ...words], process.cwd(), { emit: () => undefined }).catch(() => '');
  return said.trim();
}

/** This machine, and this tree. */
export async function thisMachine(): Promise<BenchMachine> {
  const [first] = cpus();
  const changed = (await git('status', '--porcelain', '--untracked-files=no')) === '' ? '' : '+';
  return {
    cpu: first?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release()}`,
    node: process.versions.node,
    commit: `${(await git('rev-parse', '--short=12', 'HEAD')) || 'no commit'}${changed}`,
    date: new Date().toISOString().slice(0, 10),
  };
}
