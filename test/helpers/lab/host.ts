// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import { labUnpatchedKernel } from './lab.ts';
import { labQemu } from './lab-qemu.ts';

/** What test/c/host/run.sh wants, for a kernel that has never seen our patch. `name` is the folder of its results. */
export async function unpatchedHost(name: string): Promise<Readonly<Record<string, string>>> {
  const { out } = await labUnpatchedKernel();
  const { binary } = await labQemu({ version: '7.2' });
  return { KBUILD: out, QEMU: binary, OUT: join(dirname(out), name) };
}
