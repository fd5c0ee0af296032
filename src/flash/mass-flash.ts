// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lastErrors, recogniseFailure } from './flash-signatures.ts';
import { tailOf } from './log-tail.ts';

/** What became of one board of several. */
export type BoardOutcome = {
  /** sysfs name of the board. */
  readonly usb: string;
  /** NVIDIA's own log of it; undefined where it wrote none. */
  readonly log: string | undefined;
  /** The chip's id (BR_CID), as NVIDIA's tool printed it; empty where it did not. */
  readonly chip: string;
  /** What failed; undefined where the board was flashed. */
  readonly error: string | undefined;
};

/** The board that a line of l4t_initrd_flash.sh says it begins with; undefined for other lines. */
export function boardBegun(line: string): string | undefined {
  return /^Start flashing device: ([\d.-]+), rcm instance: \d+/.exec(line)?.[1];
}

/** Names of the logs that are there already, so that those of an earlier run are not taken for this one's. */
export async function initrdLogs(l4t: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(join(l4t, 'initrdlog')).catch((): string[] => []));
}

/**
 * What l4t_initrd_flash.sh wrote of one board: the last word of a log that ended well is “Success”.
 *
 * @param old logs of earlier runs
 */
export async function outcomeOfBoard(
  l4t: string,
  usb: string,
  old: ReadonlySet<string>,
): Promise<BoardOutcome> {
  const names = [...(await initrdLogs(l4t))].filter(
    (name) => name.startsWith(`flash_${usb}_`) && !old.has(name),
  );
  const name = names.sort().at(-1);
  if (name === undefined)
    return { usb, log: undefined, chip: '', error: 'NVIDIA’s script did not begin with this board' };
  const log = join(l4t, 'initrdlog', name);
  const text = await tailOf(log);
  const chip = /\bBR_CID: (0x[\dA-Fa-f]+)/.exec(text)?.[1] ?? '';
  const isDone = /(?:^|[\s:])Success$/.test(text.trimEnd().split('\n').at(-1)?.trim() ?? '');
  return { usb, log, chip, error: isDone ? undefined : why(text) };
}

function why(text: string): string {
  const known = recogniseFailure(text);
  if (known !== undefined) return [known.what, `  > ${known.line}`, known.hint].join('\n');
  return ['it failed, and no cause is known', ...lastErrors(text).map((line) => `  > ${line}`)].join('\n');
}
