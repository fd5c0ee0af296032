// SPDX-License-Identifier: Apache-2.0

import { format } from 'prettier';
import manifest from '../package.json' with { type: 'json' };
import { cliMarkdown } from './cli-docs.ts';
import { clockKindsFile } from './clock-kinds.ts';
import { picture } from './picture.ts';
import { recipeJsonSchema, recipeMarkdown } from './recipe-docs.ts';
import { tegraIdsFile } from './tegra-ids.ts';

/** Files that code writes, by path from the clone's top. `npm run generate` writes them; tests see that nothing changes. */
export const GENERATED: Readonly<Record<string, () => string | Promise<string>>> = {
  'recipes/schema.json': recipeJsonSchema,
  'docs/recipes.md': () => markdown(recipeMarkdown()),
  'docs/picture.svg': picture,
  'docs/cli.md': async () => markdown(await cliMarkdown()),
};

/** The same where a kernel tree is needed. */
export const GENERATED_FROM_KERNEL: Readonly<Record<string, (tree: string) => Promise<string>>> = {
  'src/dt/data/tegra234-ids.ts': tegraIdsFile,
  'src/firmware/data/clock-kinds.ts': clockKindsFile,
};

/** As `npm run format` would leave it; the settings are those of package.json. */
function markdown(text: string): Promise<string> {
  return format(text, { ...manifest.prettier, proseWrap: 'always', parser: 'markdown' });
}
