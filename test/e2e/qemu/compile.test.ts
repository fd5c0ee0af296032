// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exec } from '../../../src/tools/exec.ts';
import { type CompileCommand, compileAgain, compileCommands } from '../../helpers/compile-commands.ts';
import { labQemu } from '../../helpers/lab-qemu.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const OVERLAY = join(ROOT, 'qemu-overlay');

/** C files of ours and those that our patches change, from the top of a QEMU tree. */
function concerned(version: string): readonly string[] {
  const ours = readdirSync(OVERLAY, { recursive: true }).map(String);
  const patches = join(ROOT, 'patches', `qemu-${version}`);
  const changed = readdirSync(patches).flatMap((name) =>
    [...readFileSync(join(patches, name), 'utf8').matchAll(/^\+\+\+ b\/(\S+)$/gm)].map(
      ([, file = '']) => file,
    ),
  );
  return [...ours, ...changed].filter((file) => file.endsWith('.c')).sort();
}

describe.each(['7.2', '10.0'] as const)('QEMU %s', (version) => {
  async function commands(): Promise<{
    readonly src: string;
    readonly of: (file: string) => readonly CompileCommand[];
  }> {
    const { src, build } = await labQemu({ version });
    const all = await compileCommands(build);
    return { src, of: (file) => all.filter((each) => each.file === join(src, file)) };
  }

  it('compiles our files and those that we change without a warning', async () => {
    const { of } = await commands();
    const files = concerned(version);
    expect(files).toContain('hw/misc/nvidia-bpmp/nvidia_bpmp_guest.c');
    expect(files).toContain('hw/arm/virt.c');
    for (const file of files) {
      const [how] = of(file);
      if (how === undefined) throw new Error(`${file} is not compiled`);
      expect(await compileAgain(how), file).toEqual({ ok: true, said: '' });
    }
  });

  it('has no boards but those that its minimal configuration names', async () => {
    const { binary, build } = await labQemu({ version });
    const help = await exec([binary, '-M', 'help'], build, { emit: () => undefined });
    const boards = [...help.matchAll(/^(\S+) /gm)].map(([, name = '']) => name);
    const named = (name: string) => /^(virt(-\d|$)|sbsa-ref$|none$|x-remote$|Supported$)/.test(name);
    expect(boards).toEqual(expect.arrayContaining(['virt', 'sbsa-ref']));
    expect(boards.filter((name) => !named(name))).toEqual([]);
  });

  it('cannot be built with something else at the place of the window', async () => {
    const { src, of } = await commands();
    const [how] = of('hw/arm/virt.c');
    if (how === undefined) throw new Error('virt.c is not compiled');
    const text = readFileSync(join(src, 'hw/arm/virt.c'), 'utf8');
    const entry = /(\[VIRT_SECURE_GPIO\] =\s*)\{ 0x090b0000, 0x00001000 \}/;
    expect(text).toMatch(entry);
    const planted = (range: string) => compileAgain(how, text.replace(entry, `$1{ ${range} }`));

    for (const beside of ['0x090bf000, 0x00001000', '0x090c1000, 0x00001000'])
      expect(await planted(beside), beside).toEqual({ ok: true, said: '' });
    for (const over of ['0x090c0000, 0x00001000', '0x090b0000, 0x00010001', '0x090c0fff, 0x00000001']) {
      const { ok, said } = await planted(over);
      expect(ok, over).toBe(false);
      expect(said).toMatch(/qemu_build_not_reached.*code path is reachable/);
    }
  });
});
