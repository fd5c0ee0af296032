// SPDX-License-Identifier: Apache-2.0
import { inflateSync } from 'node:zlib';

/** What an image shows: its size, and how many pixels have each colour (`#rrggbb`). */
export type Pixels = {
  readonly width: number;
  readonly height: number;
  readonly colours: ReadonlyMap<string, number>;
};

/** Bytes before the first chunk, and of a chunk besides its data. */
const [SIGNATURE, FRAME] = [8, 12];

/** Read a PNG of 8 bits a channel with three or four channels, which is what browsers write (PNG specification, chapters 5 and 9). */
export function readPng(file: Buffer): Pixels {
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const [depth, kind] = [file[24], file[25]];
  const channels = kind === 6 ? 4 : 3;
  if (depth !== 8 || (kind !== 2 && kind !== 6)) throw new Error(`a PNG of depth ${depth} and kind ${kind}`);
  const data: Buffer[] = [];
  for (let at = SIGNATURE; at < file.length; at += file.readUInt32BE(at) + FRAME)
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  const rows = unfilter(inflateSync(Buffer.concat(data)), width * channels, channels);
  const colours = new Map<string, number>();
  for (const row of rows)
    for (let at = 0; at < row.length; at += channels) {
      const colour = `#${row.toString('hex', at, at + 3)}`;
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
  return { width, height, colours };
}

/** Each row begins with how its bytes are told from the one left of it, the one above, or both. */
function unfilter(raw: Buffer, bytes: number, channels: number): readonly Buffer[] {
  const rows: Buffer[] = [];
  for (let start = 0; start < raw.length; start += bytes + 1) {
    const above = rows.at(-1) ?? Buffer.alloc(bytes);
    const row = Buffer.from(raw.subarray(start + 1, start + 1 + bytes));
    for (let at = 0; at < bytes; at++)
      row[at] = (row[at] ?? 0) + guess(raw[start] ?? 0, row, above, at, channels);
    rows.push(row);
  }
  return rows;
}

/** What a byte is told from, by the five filters of the specification. */
function guess(filter: number, row: Buffer, above: Buffer, at: number, channels: number): number {
  const left = at < channels ? 0 : (row[at - channels] ?? 0);
  const up = above[at] ?? 0;
  const corner = at < channels ? 0 : (above[at - channels] ?? 0);
  return [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
}

function paeth(left: number, up: number, corner: number): number {
  const near = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((each) => Math.abs(near - each));
  if (toLeft === undefined || toUp === undefined || toCorner === undefined) return 0;
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
