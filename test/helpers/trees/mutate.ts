// SPDX-License-Identifier: Apache-2.0

/** Numbers in [0, 1) from a fixed start, so that a failure can be repeated. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Cells that a careless reader stumbles over: tags, sizes that overflow, signs. */
const NASTY = [0, 1, 2, 3, 4, 9, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffc];

function pick<T>(list: readonly T[], next: () => number): T | undefined {
  return list[Math.floor(next() * list.length)];
}

/** A copy of a blob with one to four cells or bytes changed, every tenth one cut off besides. */
export function mutate(blob: Uint8Array, next: () => number): Buffer {
  const copy = Buffer.from(blob);
  const changes = 1 + Math.floor(next() * 4);
  for (let change = 0; change < changes; change += 1) {
    const at = Math.floor(next() * Math.floor(copy.length / 4)) * 4;
    if (next() < 0.5) copy.writeUInt32BE(pick(NASTY, next) ?? 0, at);
    else copy[at + Math.floor(next() * 4)] = Math.floor(next() * 256);
  }
  return next() < 0.1 ? copy.subarray(0, Math.floor(next() * copy.length)) : copy;
}
