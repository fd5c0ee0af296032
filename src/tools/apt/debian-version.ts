// SPDX-License-Identifier: Apache-2.0

/**
 * Compare two versions as dpkg does (deb-version(7)): negative where `one` is older, 0 where they are equal.
 */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [split(one), split(other)];
  return (
    left.epoch - right.epoch ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

function split(version: string) {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  if (dash < 0) return { epoch: Number(epoch), upstream: rest, revision: '' };
  return { epoch: Number(epoch), upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** Text and numbers take turns: text by `rank`, numbers by value; a missing text ends, a missing number is 0. */
function comparePart(one: string, other: string): number {
  const [left, right] = [pieces(one), pieces(other)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [a = '', b = ''] = [left[at], right[at]];
    const order = at % 2 === 0 ? compareText(a, b) : Number(a || '0') - Number(b || '0');
    if (order !== 0) return order;
  }
  return 0;
}

function pieces(part: string): readonly string[] {
  return [...part.matchAll(/(\D*)(\d*)/g)].flatMap(([, text = '', digits = '']) => [text, digits]);
}

function compareText(one: string, other: string): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const order = rank(one[at]) - rank(other[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** `~` sorts before the end, the end before letters, letters before all else. */
function rank(char: string | undefined): number {
  if (char === undefined) return 0;
  if (char === '~') return -1;
  const code = char.charCodeAt(0);
  return /[a-z]/i.test(char) ? code : code + 256;
}
