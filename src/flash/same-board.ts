// SPDX-License-Identifier: Apache-2.0
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { RecoveryDevice } from './recovery.ts';

/**
 * NVIDIA's description of the board has to be there, before its scripts start.
 *
 * @param name of the board: `jetson-agx-orin-devkit`
 * @throws {UsageError} Linux_for_Tegra has no such .conf file
 */
export async function requireConf(l4t: string, name: string): Promise<void> {
  const isName = /^[\w.+-]+$/.test(name);
  const isThere =
    isName &&
    (await access(join(l4t, `${name}.conf`)).then(
      () => true,
      () => false,
    ));
  if (isThere) return;
  const all = (await readdir(l4t)).flatMap((file) => /^(.+)\.conf$/.exec(file)?.[1] ?? []).sort();
  const orin = all.filter((each) => /orin|p37(?:01|67|68)/.test(each));
  throw new UsageError(
    `${l4t} has no ${name}.conf: NVIDIA’s scripts know no such board`,
    `Name one of: ${(orin.length > 0 ? orin : all).join(', ') || 'none is there; is the BSP whole?'}`,
  );
}

/** What a person should know where a bundle’s tree is of another SKU of the same module; undefined where it is of this one. */
export function skuNote(skus: readonly string[], bundle: readonly string[]): string | undefined {
  const modules = skus.map((sku) => sku.slice(0, 4));
  const of = bundle.filter((sku) => modules.includes(sku.slice(0, 4)));
  if (of.length === 0 || of.some((sku) => skus.includes(sku))) return undefined;
  return (
    `the bundle’s device tree is of ${of.map((sku) => `p${sku}`).join(', ')}, the module is ${skus.map((sku) => `p${sku}`).join(' or ')}: ` +
    'another SKU of the same module, with other memory, clocks and power; hostTree of the recipe chooses the tree'
  );
}

/** `Board ID(3701) version(500) sku(0004) …`, as NVIDIA's scripts print what they have read from the EEPROM; `3701-0004`. */
export function skuInLine(line: string): string | undefined {
  const [, id, sku] = /\bBoard ID\((\d{4})\).*?\bsku\((\d{4})\)/i.exec(line) ?? [];
  return id === undefined || sku === undefined ? undefined : `${id}-${sku}`;
}

/** What the EEPROM says against what was found on USB: the module has to be of the same kind. */
export function isOtherModule(sku: string, { skus }: Pick<RecoveryDevice, 'skus'>): boolean {
  return !skus.some((each) => each.slice(0, 4) === sku.slice(0, 4));
}
