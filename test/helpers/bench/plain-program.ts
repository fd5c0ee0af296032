// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { quietly } from '../emulate/emulate.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** The shell of an emulated machine reads a line whole. */
const LINE = 1000;

/** How a guest may use the window; what each does, window-client.c says. */
export type WindowUse = 'block' | 'payload' | 'whole';

/** Lines of shell that put the program of test/c/bench/NAME.c, compiled into `folder`, into an emulated machine as /tmp/NAME. */
export async function plainProgram(name: 'window-client' | 'host-client', folder: string): Promise<string> {
  const file = join(folder, name);
  const flags = ['-Os', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-stack-protector'];
  const link = ['-static', '-nostdlib', '-s', '-Wl,--build-id=none', '-Wl,-z,max-page-size=4096'];
  const include = `-I${join(ROOT, 'kernel-overlay/include/uapi')}`;
  const source = join(ROOT, 'test/c/bench', `${name}.c`);
  await quietly(
    ['aarch64-linux-gnu-gcc', ...flags, '-mgeneral-regs-only', include, ...link, '-o', file, source],
    folder,
  );
  const hex = (await readFile(file)).toString('hex');
  const lines = hex.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return [`xxd -r -p >/tmp/${name} <<'END'`, ...lines, 'END', `chmod +x /tmp/${name}`].join('\n');
}

/** All the ns that lines `HEAD ns N` tell. @throws {Error} there is no such line */
export function timesOf(lines: readonly string[], head: string): readonly number[] {
  const found = lines.flatMap((line) => {
    const match = new RegExp(`^${head} ns (\\d+)`).exec(line.trim());
    return match === null ? [] : [Number(match[1])];
  });
  if (found.length === 0) throw new Error(`no line '${head} ns N' in:\n${lines.join('\n')}`);
  return found;
}
