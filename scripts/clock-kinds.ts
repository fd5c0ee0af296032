// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What kind of hardware gives a clock; first match wins. The words are those of the header's comments. */
const KINDS: readonly (readonly [kind: string, words: RegExp])[] = [
  ['gate', /output of gate|gate output|Monitored|power sequencer|branch sharing|ungated version/],
  ['input', /XTAL_IN|recovered from|input clock|feedback clock|CLKOUT_AB output|Link clock input/],
  [
    'pll',
    /PLL controlled by|NAFLL|VCO output|vco output|^ (@brief )?(VPLL\d|GBE PLL) $|PLL(HUB)? output|Fixed.*PLL for/,
  ],
  ['mux', /mux|switch|select|_RATE/],
  ['divider', /divide|DIV\d|div|aza_2xbitclk|÷/],
];

/** Kind → names (lower case, without prefix, blank-separated) of the clocks of tegra234-clock.h. */
function readClockKinds(text: string): Record<string, string> {
  const header = text.replace(/^#define.*TODO: remove.*\n/gm, '');
  const kinds: Record<string, string[]> = { divider: [], gate: [], input: [], mux: [], pll: [] };
  const define = /^#define\s+TEGRA234_CLK_(\w+)\s+\d+U?/gm;
  for (const match of header.matchAll(define)) {
    const [, name = ''] = match;
    const kind = KINDS.find(([, words]) => words.test(commentBefore(header, match.index)))?.[0] ?? 'gate';
    kinds[kind]?.push(name.toLowerCase());
  }
  return Object.fromEntries(Object.entries(kinds).map(([kind, names]) => [kind, names.join(' ')]));
}

/** The text of the comment block that ends right above `index`, as one line. */
function commentBefore(text: string, index: number): string {
  const above = text.slice(0, index);
  const block = above.slice(above.lastIndexOf('/**'));
  return block.includes('#define') ? '' : block.replace(/[\s*/]+/g, ' ');
}

/** Words on lines of at most 100 columns. */
function wrap(words: string): string {
  return words.replace(/(.{1,98})(?: |$)/g, '$1\n').trim();
}

/** src/firmware/data/clock-kinds.ts as the header of the kernel tree `tree` says it. */
export async function clockKindsFile(tree: string): Promise<string> {
  const header = join(tree, 'include/dt-bindings/clock/tegra234-clock.h');
  const kinds = readClockKinds(await readFile(header, 'utf8'));
  const parts = Object.entries(kinds).map(([kind, names]) => `  ${kind}: \`\n${wrap(names)}\`,\n`);
  return `// SPDX-License-Identifier: Apache-2.0

/**
 * What the comments of the kernel's tegra234-clock.h say of each clock: the hardware that gives it, and the names.
 * Generated: \`npm run generate -- --kernel TREE\`.
 */
export const CLOCK_KINDS = {
${parts.join('')}};
`;
}
