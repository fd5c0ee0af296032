// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cppCommand, dtcCommand, type RunProgram } from '../../../src/tools/dtc/dtc.ts';
import { exec } from '../../../src/tools/process/exec.ts';

/** Runs programs and keeps what they say on stderr and stdout together. */
export function recorder(): { readonly run: RunProgram; readonly said: string[] } {
  const said: string[] = [];
  const emit = (event: { type: string; text?: string }) => {
    if (event.type === 'output' && event.text !== undefined) said.push(event.text);
  };
  return { said, run: (command, cwd) => exec(command, cwd, { emit }) };
}

/**
 * Compile every Tegra234 board of a kernel tree as its own Makefile does, with symbols; gives the paths by the
 * boards' names. `-q`: the kernel's own sources have warnings of their own.
 */
export async function compileBoards(tree: string, into: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(tree, 'arch/arm64/boot/dts/nvidia');
  const { run } = recorder();
  await mkdir(into, { recursive: true });
  const boards = (await readdir(folder)).filter((file) => /^tegra234-.*\.dts$/.test(file));
  const includes = [folder, join(tree, 'scripts/dtc/include-prefixes'), join(tree, 'include')];
  const built = boards.map(async (file) => {
    const name = file.replace(/\.dts$/, '');
    const [text, blob] = [join(into, `${name}.i`), join(into, `${name}.dtb`)];
    await run(cppCommand(join(folder, file), text, includes), into);
    const [program, ...words] = dtcCommand(text, blob, true);
    await run([program, '-q', ...words], into);
    return [name, blob] as const;
  });
  return new Map(await Promise.all(built));
}

/** What dtc makes of a blob, sorted: two blobs of one tree give the same text. */
export async function decompiled(blob: string, folder: string): Promise<string> {
  return recorder().run(['dtc', '-q', '-s', '-I', 'dtb', '-O', 'dts', blob], folder);
}
