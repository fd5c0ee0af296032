// SPDX-License-Identifier: Apache-2.0

import { join, resolve } from 'node:path';
import type { QemuVersion } from '../../../src/recipe/qemu-versions.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labPlace } from './lab-place.ts';
import { labPristineQemu } from './lab-qemu.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** bpmp-scmi and QEMU's side of it for tests; absolute. */
export type LabScmi = { readonly program: string; readonly frontEnd: string; readonly qemu: string };

/** What is compiled into bpmp-scmi, from the clone's top. */
const INPUTS = [
  ...['scmi', 'qemu-overlay/include/hw/misc/bpmp-frame.h', 'kernel-overlay/include/uapi'],
  'test/c/scmi',
];

/** bpmp-scmi on libvhost-user of `version`, for this machine or for the board, and test/c/scmi/front-end.c. */
export async function labScmi(
  wish: { readonly version?: QemuVersion; readonly target?: 'build' | 'arm64' } = {},
): Promise<LabScmi> {
  const { version = '10.0', target = 'build' } = wish;
  const place = await labPlace('scmi', INPUTS);
  const qemu = await labPristineQemu(version);
  const program = join(place.folder, `bpmp-scmi-${version}-${target}`);
  const frontEnd = join(place.folder, 'front-end');
  const tool = join(place.folder, 'tool');
  const run = (words: readonly [string, ...string[]], env: Readonly<Record<string, string>> = {}) =>
    exec(words, ROOT, { env, emit: () => undefined });
  await place.alone(async () => {
    if (!(await exists(program))) {
      const env = { CC: target === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'gcc' };
      await run([join(tool, 'scmi/build.sh'), qemu, program], env);
    }
    if (await exists(frontEnd)) return;
    const folders = ['-I', join(tool, 'scmi'), '-isystem', join(qemu, 'subprojects/libvhost-user')];
    const source = join(tool, 'test/c/scmi/front-end.c');
    await run(['gcc', '-D_GNU_SOURCE', '-Wall', '-Werror', '-O1', ...folders, source, '-o', frontEnd]);
  });
  return { program, frontEnd, qemu };
}
