// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';

/** How a build folder made by meson compiles one source; `file` is absolute. */
export type CompileCommand = { readonly file: string; readonly folder: string; readonly line: string };

/** Every compilation of a build folder. */
export async function compileCommands(build: string): Promise<readonly CompileCommand[]> {
  const text = await readFile(join(build, 'compile_commands.json'), 'utf8');
  const entries: readonly { directory: string; command: string; file: string }[] = JSON.parse(text);
  return entries.map(({ directory, command, file }) => ({
    file: resolve(directory, file),
    folder: directory,
    line: command,
  }));
}

/**
 * Compile as `how` says, but at -O2, which some warnings need, with warnings as errors, `text` in place of the file's content where
 * given, and the object thrown away. Gives what the compiler said and whether it was content.
 */
export async function compileAgain(
  { file, folder, line }: CompileCommand,
  text?: string,
): Promise<{ readonly ok: boolean; readonly said: string }> {
  const words = line
    .replace(/^ccache /, '')
    .replace(/ -M[QF] \S+| -MD/g, '')
    .replace(/ -o \S+/, '')
    .replace(/ -c \S+$/, '');
  if (words.includes(basename(file))) throw new Error(`cannot take the source out of: ${line}`);
  const source = text === undefined ? `-c '${file}'` : `-I '${dirname(file)}' -x c -c -`;
  const options = { cwd: folder, all: true, reject: false, env: { LC_ALL: 'C' } } as const;
  const command = ['sh', '-c', `${words} -O2 -Werror -o /dev/null ${source}`] as const;
  const { failed, all } = await execa(command[0], command.slice(1), {
    ...options,
    ...(text === undefined ? { stdin: 'ignore' as const } : { input: text }),
  });
  return { ok: !failed, said: all };
}
