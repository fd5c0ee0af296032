// SPDX-License-Identifier: Apache-2.0
import leven from 'leven';

const MOST = 3;

/** Those of `names` that somebody who wrote `word` may have meant, the nearest first, at most three: `UARTA`, `i2c8`, `debain-6.12`. */
export function nearNames(word: string, names: Iterable<string>): readonly string[] {
  const wanted = word.toLowerCase();
  const parts = partsOf(wanted);
  const scored = [...new Set(names)].flatMap((name) => {
    const there = name.toLowerCase();
    const distance = leven(wanted, there);
    const has = partsOf(there);
    const isPart = parts.length > 0 && parts.every((part) => has.includes(part));
    // Two letters may be wrong, of a long name a third.
    const isNear = distance <= Math.max(2, Math.floor(wanted.length / 3)) && distance < wanted.length;
    return isPart || isNear ? [{ name, score: there === wanted ? -1 : distance - (isPart ? 2 : 0) }] : [];
  });
  scored.sort((one, other) => one.score - other.score || (one.name < other.name ? -1 : 1));
  return scored.slice(0, MOST).map(({ name }) => name);
}

/** `Did you mean …?`, or nothing. A sentence of its own, with a blank behind. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const near = nearNames(word, names);
  return near.length === 0 ? '' : `Did you mean ${near.join(' or ')}? `;
}

/** Runs of letters and of digits: what names of devices are put together from. */
function partsOf(text: string): readonly string[] {
  return text.match(/[a-z]+|\d+/g) ?? [];
}
