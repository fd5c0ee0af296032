// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { digestPath } from '../../src/engine/input-digest.ts';
import { writeFileWhole } from '../../src/tools/files/write-file.ts';
import { exec } from '../../src/tools/process/exec.ts';
import { importsOf, parseDeclared } from './declared.ts';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'bpmp-virt');
const PRISTINE = join(CACHE, 'lab/pristine');

/** What is kept of a test file: the inputs with which it passed, when (ms since 1970), and how long it took. */
const memorySchema = z.strictObject({
  version: z.literal(1),
  digest: z.string(),
  at: z.number(),
  seconds: z.number(),
});
export type Memory = z.infer<typeof memorySchema>;

const memoryFile = (file: string) => join(CACHE, 'passed', `${file.replaceAll('/', '+')}.json`);

/** What is remembered of `file`; what cannot be understood is nothing. */
export async function recall(file: string): Promise<Memory | undefined> {
  const text = await readFile(memoryFile(file), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return memorySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Remember that `file` passed. */
export async function remember(file: string, memory: Omit<Memory, 'version'>): Promise<void> {
  await writeFileWhole(memoryFile(file), `${JSON.stringify({ version: 1, ...memory })}\n`);
}

/**
 * sha256 of all that a pass of the test `file` in the clone `root` rests on: its modules and theirs, the inputs that it declares, the
 * lab's sources and the tools' versions; and the scripts and packages that run every test.
 */
export async function digestOf(root: string, file: string): Promise<string> {
  const modules = await closure(root, file);
  const { inputs, tools, labs } = parseDeclared(file, modules.get(file) ?? '');
  const always = ['package-lock.json', 'vitest.config.ts', 'tsconfig.json'];
  const hash = createHash('sha256');
  for (const [path, text] of [...modules].sort()) hash.update(`${path}\0${text}\0`);
  for (const path of [...inputs, ...always]) hash.update(`${path} ${await digestPath(join(root, path))}\0`);
  for (const lab of labs) {
    const names = ['Makefile', 'VERSION', 'debian/changelog'].map((name) => join(PRISTINE, lab, name));
    for (const name of names) hash.update(`${lab} ${await digestPath(name)}\0`);
  }
  for (const tool of tools) hash.update(`${tool} ${await versionOf(tool)}\0`);
  return hash.digest('hex');
}

async function closure(root: string, file: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const todo = [file];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (found.has(next)) continue;
    const text = await readFile(join(root, next), 'utf8');
    found.set(next, text);
    todo.push(...importsOf(next, text));
  }
  return found;
}

async function versionOf(tool: string): Promise<string> {
  return exec([tool, '--version'], '/', { emit: () => undefined }).catch(() => 'absent');
}
