// SPDX-License-Identifier: Apache-2.0

/** A map of a YAML file, before anything is known of it but the two keys that merging needs. */
export type YamlMap = {
  readonly kind?: unknown;
  readonly extends?: unknown;
  readonly [key: string]: unknown;
};

/** A recipe's file, absolute, and what it says itself. */
export type ChainLink = { readonly file: string; readonly own: YamlMap };

/** Whether `value` is a map of a YAML file. */
export function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `child` over `parent`: maps are merged key by key, everything else is replaced, `null` takes the key away. A map
 * whose `kind` differs is another thing altogether and replaces the parent's.
 */
export function mergeRecipe(parent: YamlMap, child: YamlMap): YamlMap {
  if ('kind' in child && 'kind' in parent && child.kind !== parent.kind) return child;
  const merged: Record<string, unknown> = { ...parent };
  for (const [key, value] of Object.entries(child)) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isMap(value) && isMap(before) ? mergeRecipe(before, value) : value;
  }
  return merged;
}
