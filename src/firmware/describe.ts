// SPDX-License-Identifier: Apache-2.0
import { TEGRA234_IDS } from '../dt/data/tegra234-ids.ts';
import { ClkCommand, Mrq, PgCommand, ResetCommand } from './abi.ts';
import { idsByName } from './clock-tree.ts';

/** One request in words: `CLK ENABLE uarta`. */
export type NamedRequest = {
  readonly mrq: string;
  readonly cmd?: string;
  readonly id?: number;
  readonly name?: string;
};

const upper = (camel: string) => camel.replace(/[A-Z]/g, '_$&').toUpperCase();
const byNumber = (names: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(names).map(([name, number]) => [number, upper(name)]));
const byId = (ids: Readonly<Record<string, number>>, prefix: string): ReadonlyMap<number, string> =>
  new Map([...idsByName(ids, prefix)].map(([name, id]) => [id, name]));

const MRQS = byNumber(Mrq);
const CLOCKS = byId(TEGRA234_IDS.clocks, 'TEGRA234_CLK_');
const RESETS = byId(TEGRA234_IDS.resets, 'TEGRA234_RESET_');
const DOMAINS = byId(TEGRA234_IDS.powerDomains, 'TEGRA234_POWER_DOMAIN_');
const CLK_COMMANDS = byNumber(ClkCommand);
const RESET_COMMANDS = byNumber(ResetCommand);
const PG_COMMANDS = byNumber(PgCommand);

/** Say what a request is about; numbers stand for what has no name. */
export function describe(mrq: number, tx: Buffer): NamedRequest {
  const name = MRQS.get(mrq) ?? String(mrq);
  if (mrq === Mrq.clk && tx.length >= 4) {
    const head = tx.readUInt32LE(0);
    return command(name, CLK_COMMANDS, head >>> 24, CLOCKS, head & 0xffffff);
  }
  if (tx.length < 8) return { mrq: name };
  const [first, second] = [tx.readUInt32LE(0), tx.readUInt32LE(4)];
  if (mrq === Mrq.reset) return command(name, RESET_COMMANDS, first, RESETS, second);
  if (mrq === Mrq.pg) return command(name, PG_COMMANDS, first, DOMAINS, second);
  if (mrq === Mrq.lineState)
    return { mrq: name, id: second, ...named(first === 0 ? CLOCKS : RESETS, second) };
  return { mrq: name };
}

function command(
  mrq: string,
  commands: ReadonlyMap<number, string>,
  number: number,
  names: ReadonlyMap<number, string>,
  id: number,
): NamedRequest {
  return { mrq, cmd: commands.get(number) ?? String(number), id, ...named(names, id) };
}

function named(names: ReadonlyMap<number, string>, id: number): { readonly name?: string } {
  const name = names.get(id);
  return name === undefined ? {} : { name };
}
