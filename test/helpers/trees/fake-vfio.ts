// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DtNode } from '../../../src/dt/tree.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import type { BusDevice } from '../../../src/trees/platform-bus.ts';
import { ROOT } from './nvidia-tree.ts';

const QUIET = { emit: () => undefined };
const WARNINGS = ['-Wall', '-Wextra', '-Werror'] as const;

/** Compile a library for LD_PRELOAD out of test/c (`source` is a path from there) into `folder`; gives its path. */
export async function compilePreload(source: string, folder: string): Promise<string> {
  const into = join(folder, `${source.replace(/^.*\/|\.c$/g, '')}.so`);
  const include = join(ROOT, 'kernel-overlay/include/uapi');
  const words = [...WARNINGS, '-O1', '-shared', '-fPIC', '-I', include, '-o', into];
  await exec(['gcc', ...words, join(ROOT, 'test/c', source), '-ldl'], folder, QUIET);
  return into;
}

/** A device for vfio-platform; `node` is its folder in the host's device tree, where that is of interest. */
export type FakeDevice = BusDevice & { readonly node?: string };

/** What vfio-platform reads in sysfs of a device: its IOMMU group and its compatible. */
function sysfsOf({ name, node }: FakeDevice, folder: string): string {
  const device = join(mkdtempSync(join(folder, 'sysfs-')), name);
  mkdirSync(device);
  symlinkSync('/kernel/iommu_groups/7', join(device, 'iommu_group'));
  if (node !== undefined) symlinkSync(node, join(device, 'of_node'));
  else {
    mkdirSync(join(device, 'of_node'));
    writeFileSync(join(device, 'of_node/compatible'), 'test,device\0');
  }
  return device;
}

/**
 * Words of QEMU's command line for vfio-platform devices (`dev0`, `dev1`, …), and FAKE_VFIO for the preload that answers for
 * them; `folder` gets what stands for their sysfs.
 */
export function vfioDevices(
  devices: readonly FakeDevice[],
  folder: string,
): { readonly words: readonly string[]; readonly fake: string } {
  const fake = devices.map(
    ({ name, regions, interrupts }) =>
      `${name}:${regions.map((size) => size.toString(16)).join(',')}/${interrupts}`,
  );
  const words = devices.flatMap((device, at) => [
    '-device',
    `vfio-platform,sysfsdev=${sysfsOf(device, folder)},id=dev${at}`,
  ]);
  return { words, fake: fake.join(';') };
}

/** A device tree as the kernel shows it: a folder per node, a file a property. FAKE_DT of the preload is such a folder. */
export function treeAsFolders(node: DtNode, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of node.properties) writeFileSync(join(folder, name), value);
  for (const child of node.children) treeAsFolders(child, join(folder, child.name));
}
