// SPDX-License-Identifier: Apache-2.0

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
export function readClockKinds(text: string): Record<string, string> {
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
