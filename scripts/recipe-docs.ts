// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { recipeSchema } from '../src/recipe/schema.ts';

/** As much of JSON Schema as zod writes for recipes. */
type Schema = {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly default?: unknown;
};

/**
 * JSON schema of a recipe file, for editors. A file that extends another may leave out any key, or take one away with
 * null; the whole is checked after merging.
 */
export function recipeJsonSchema(): string {
  const schema = z.toJSONSchema(recipeSchema, { io: 'input' }) as Schema;
  return `${JSON.stringify(loosen(schema), null, 2)}\n`;
}

function loosen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loosen);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'required');
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key === 'properties' ? nullable(inner) : loosen(inner)]),
  );
}

function nullable(properties: object): object {
  const loose = ([key, inner]: [string, unknown]) => [key, { anyOf: [loosen(inner), { type: 'null' }] }];
  return Object.fromEntries(Object.entries(properties).map(loose));
}

/** docs/recipes.md: every key with its type, default and description. */
export function recipeMarkdown(): string {
  const schema = z.toJSONSchema(recipeSchema, { io: 'input' }) as Schema;
  return [HEAD, ...section('', schema), TAIL].join('\n');
}

const HEAD = `<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Generated from src/recipe/schema.ts; \`npm run generate\` writes it anew. -->

# Recipes

A recipe says what is built, from what, and for which virtual machines. Those in \`recipes/\` are used by name
(\`bpmp-virt build l4t-36.3\`), one of your own by its path (\`bpmp-virt build ./mine.yaml\`). The shortest useful one changes
another:

\`\`\`yaml
version: 1
description: SPI1 and I2C8 for one virtual machine
extends: debian-6.12
vms:
  - name: bus-vm
    devices: [spi@3210000, i2c@c250000]
\`\`\`

\`extends\` merges maps key by key and replaces lists and values; \`null\` takes a key away; a source of another \`kind\` replaces
the other one whole. Unknown keys are errors, and all problems of a file are told at once. Paths that start with \`./\` or \`../\`
are relative to the recipe, absolute ones are as they are, and all others lie in this package.

\`\`\`yaml
# yaml-language-server: $schema=/path/to/bpmp-virt/recipes/schema.json
\`\`\`

as first line, with the place of your clone, lets an editor check the file while you write it.

## Keys
`;

const TAIL = `
## Lock files

Tags, branches, versions in a Debian archive and downloads without sha256 float: tomorrow they may be something else.
\`bpmp-virt lock RECIPE\` asks each of them what it is now and writes \`RECIPE.lock.yaml\` beside the recipe, to be kept under version
control: the commit of every repository, the sha256 of downloads, the version of Debian sources, of every package of the sysroot
with those that it needs, of the libslirp that is built for it, and of the meson that a newer QEMU wants. A recipe that extends a
locked one has its pins for all that it leaves as it is there. A build takes the pins of the
lock file where it is there, and stops where a source is not what was locked. A recipe whose own pin differs from its lock file is
refused. The programs of the machine that builds (compiler, make, dtc) are not locked: the bundle's manifest tells their versions.

\`debian-6.12\` comes without one: an archive keeps only the newest of its security updates, and a version that is gone cannot be
fetched. What a build really took is in the bundle's manifest.

## Mirrors, proxies, no network

\`--mirror FROM=TO\`, or \`BPMP_VIRT_MIRROR\` with several of them, maps what an address begins with to a place that your site reaches, for
downloads, git and Debian archives alike. \`http_proxy\`, \`https_proxy\`, \`all_proxy\` and \`no_proxy\` hold for all of them as well. \`--offline\` uses
what the cache has and nothing else.

## Changes of the format

- 1: the first one.
`;

/** One heading and table for the keys of `schema`, then the same for each map inside it. */
function section(path: string, schema: Schema): readonly string[] {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return [];
  const rows = properties.map(([key, value]) => row(key, value, schema.required?.includes(key) === true));
  const title = path === '' ? [] : [`\n### \`${path}\`\n`, schema.description ?? '', ''];
  const table = ['| Key | Value | Default | |', '| --- | --- | --- | --- |', ...rows];
  const inner = properties.flatMap(([key, value]) =>
    innerSections(path === '' ? key : `${path}.${key}`, value),
  );
  return [...title, ...table, ...inner];
}

function innerSections(path: string, value: Schema): readonly string[] {
  const choices = value.oneOf ?? value.anyOf;
  if (choices !== undefined) {
    return choices.flatMap((choice) => {
      const { kind } = choice.properties ?? {};
      const name = kind?.const === undefined ? path : `${path}, kind: ${String(kind.const)}`;
      return section(name, { ...choice, ...(kind?.description ? { description: kind.description } : {}) });
    });
  }
  if (value.items !== undefined) return section(`${path}[]`, value.items);
  return section(path, value);
}

function row(key: string, value: Schema, required: boolean): string {
  const standard =
    value.default === undefined ? (required ? 'required' : '') : `\`${JSON.stringify(value.default)}\``;
  return `| \`${key}\` | ${typeOf(value)} | ${standard} | ${escapeCell(value.description ?? '')} |`;
}

function typeOf(value: Schema): string {
  if (value.const !== undefined) return `\`${String(value.const)}\``;
  if (value.enum !== undefined) return value.enum.map((word) => `\`${String(word)}\``).join(', ');
  const choices = value.oneOf ?? value.anyOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ');
  if (value.items !== undefined) return `list of ${typeOf(value.items)}`;
  if (value.type === 'object' && typeof value.additionalProperties === 'object') {
    return `map to ${typeOf(value.additionalProperties)}`;
  }
  return value.type === 'object' ? 'map' : (value.type ?? 'any');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
