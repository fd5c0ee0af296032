// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Command } from '../../command.ts';
import { makeFolder } from '../files/make-folder.ts';

/** Runs a program; `StepContext.exec` is one. */
export type RunProgram = (command: Command, cwd: string) => Promise<string>;

/** A source and what it includes. */
export type DtsSource = {
  /** File name (`host.dts`) → text; the first is the one that is compiled. */
  readonly files: ReadonlyMap<string, string>;
  /** Folders of `#include <…>`. */
  readonly includes: readonly string[];
  /** Keep labels as `__symbols__`, so that overlays can be applied to the result. */
  readonly symbols: boolean;
};

/** How the kernel runs the C preprocessor over a source (scripts/Makefile.lib, cmd_dtc). */
export function cppCommand(source: string, into: string, includes: readonly string[]): Command {
  const folders = includes.flatMap((folder) => ['-I', folder]);
  return ['cpp', '-nostdinc', ...folders, '-undef', '-D__DTS__', '-x', 'assembler-with-cpp', source, into];
}

/** How dtc is run over what cpp leaves. */
export function dtcCommand(source: string, into: string, symbols: boolean): Command {
  return ['dtc', ...(symbols ? ['-@'] : []), '-I', 'dts', '-O', 'dtb', '-o', into, source];
}

/**
 * Compile a source to `into`, whole or not at all; the source files are kept beside it under their own names.
 *
 * @throws {CommandError} cpp or dtc refuses it
 */
export async function compileDts(source: DtsSource, into: string, run: RunProgram): Promise<void> {
  const folder = dirname(into);
  await makeFolder(folder);
  for (const [name, text] of source.files) await writeFile(join(folder, name), text);
  const [main = ''] = source.files.keys();
  const preprocessed = join(folder, `.${basename(into)}.i`);
  const aside = join(folder, `.${basename(into)}.part`);
  try {
    await run(cppCommand(join(folder, main), preprocessed, [folder, ...source.includes]), folder);
    await run(dtcCommand(preprocessed, aside, source.symbols), folder);
    await rename(aside, into);
  } finally {
    await rm(preprocessed, { force: true });
    await rm(aside, { force: true });
  }
}

/**
 * Apply overlays to a device tree that was compiled with symbols.
 *
 * @throws {CommandError} one of them does not fit
 */
export async function applyOverlays(
  base: string,
  overlays: readonly string[],
  into: string,
  run: RunProgram,
): Promise<void> {
  const aside = `${into}.part`;
  try {
    await run(['fdtoverlay', '-i', base, '-o', aside, ...overlays], dirname(into));
    await rename(aside, into);
  } finally {
    await rm(aside, { force: true });
  }
}

/**
 * The device tree that a QEMU makes for a machine, as a blob.
 *
 * @param machine words of its command line; the first pair is `-machine virt,…`
 * @throws {CommandError} QEMU refuses the machine
 */
export async function dumpTree<T>(
  qemu: string,
  machine: readonly [option: '-machine', words: string, ...rest: string[]],
  run: RunProgram,
  read: (file: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bpmp-virt-dt-'));
  try {
    const file = join(folder, 'qemu.dtb');
    const [option, words, ...rest] = machine;
    await run([qemu, option, `${words},dumpdtb=${file}`, ...rest], folder);
    return await read(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
