// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TEGRA234_IDS } from '../../dt/data/tegra234-ids.ts';
import { type DeviceNotes, parseDeviceNotes } from '../../dt/device-notes.ts';
import { indexHost } from '../../dt/host-index.ts';
import { FDT_LIMITS, readFdt } from '../../dt/read-fdt.ts';
import { ID_HEADERS, parseTegraIds, type TegraIds } from '../../dt/tegra-ids.ts';
import type { DeviceTree } from '../../dt/tree.ts';
import { UsageError } from '../../errors.ts';
import type { HostFacts } from '../../policy/derive.ts';
import { IdNamer } from '../../policy/id-names.ts';
import { readBytes, readText } from '../../read-file.ts';
import { isCode } from '../files/write-file.ts';

/**
 * Read a compiled device tree.
 *
 * @throws {UsageError} it is not there, no regular file, too large or no sound tree
 */
export async function readTreeFile(file: string): Promise<DeviceTree> {
  const bytes = await readBytes(file, FDT_LIMITS.bytes).catch((cause: Error) => {
    const next = 'Give the path of a compiled device tree (.dtb).';
    throw new UsageError(`cannot read ${file}: ${cause.message}`, next, { cause });
  });
  return readFdt(bytes, file);
}

/** The ids that a kernel tree's dt-bindings name; without a tree, or of one before Tegra234, those we carry. */
async function loadTegraIds(kernelTree: string | undefined): Promise<TegraIds> {
  if (kernelTree === undefined) return TEGRA234_IDS;
  const read = (name: keyof typeof ID_HEADERS) => readText(join(kernelTree, ID_HEADERS[name]));
  try {
    const [clocks, resets, powerDomains, streams] = await Promise.all([
      read('clocks'),
      read('resets'),
      read('powerDomains'),
      read('streams'),
    ]);
    return parseTegraIds({ clocks, resets, powerDomains, streams });
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return TEGRA234_IDS;
    throw error;
  }
}

/** All device notes of a folder. */
export async function loadDeviceNotes(folder: string): Promise<readonly DeviceNotes[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  return Promise.all(
    files.map(async (file) => parseDeviceNotes(await readText(join(folder, file)), join(folder, file))),
  );
}

/** Where the facts about a host come from. */
export type HostSources = {
  /** The host's compiled device tree. */
  readonly dtb: string;
  readonly notes: string;
  readonly kernelTree?: string;
  /** File with the running kernel's command line, where that kernel has booted with this tree. */
  readonly commandLine?: string;
};

/** Everything that policies are derived from, and the ids by which they are named. */
export async function loadHostFacts(from: HostSources): Promise<HostFacts & { readonly ids: TegraIds }> {
  const ids = await loadTegraIds(from.kernelTree);
  const lines = from.commandLine === undefined ? [] : [await readText(from.commandLine)];
  const index = indexHost(await readTreeFile(from.dtb), lines);
  return { index, ids, namer: new IdNamer(ids), notes: await loadDeviceNotes(from.notes) };
}
