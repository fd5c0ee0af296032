// SPDX-License-Identifier: Apache-2.0

/** Names of one id space, as the kernel's dt-bindings spell them (`TEGRA234_CLK_UARTA`) → number. */
export type IdNames = Readonly<Record<string, number>>;

/** What the dt-bindings of a Tegra chip name: the arguments of `<&bpmp …>` and of `iommus`. */
export type TegraIds = {
  readonly clocks: IdNames;
  readonly resets: IdNames;
  readonly powerDomains: IdNames;
  /**
   * Stream ids by the SMMU instance they belong to; each instance has a number space of its own. `shared`
   * holds on every NISO instance.
   */
  readonly streams: Readonly<Record<'iso' | 'niso0' | 'niso1' | 'shared', IdNames>>;
};

/** Where the names are, below a kernel tree; each file gives one part of a `TegraIds`. */
export const ID_HEADERS = {
  clocks: 'include/dt-bindings/clock/tegra234-clock.h',
  resets: 'include/dt-bindings/reset/tegra234-reset.h',
  powerDomains: 'include/dt-bindings/power/tegra234-powergate.h',
  streams: 'include/dt-bindings/memory/tegra234-mc.h',
} as const;

const DEFINE = /^#define\s+(TEGRA234_\w+)\s+(0x[0-9a-f]+|\d+)U?\s*(?:\/\*(.*)\*\/\s*)?$/i;
/** The headings of tegra234-mc.h; a stream id's name alone does not tell its SMMU. */
const STREAM_HEADING = /^\/\*\s*(ISO|NISO0|NISO1|Shared) stream IDs\s*\*\/$/i;
/** The header keeps some outdated names beside the right ones, with this remark. */
const OUTDATED = /TODO: remove/;

function define(line: string, prefix: string): [name: string, id: number] | undefined {
  const [, name, number, remark] = DEFINE.exec(line) ?? [];
  if (name === undefined || number === undefined || !name.startsWith(prefix)) return undefined;
  if (remark !== undefined && OUTDATED.test(remark)) return undefined;
  return [name, Number(number)];
}

function defines(header: string, prefix: string): IdNames {
  const pairs = header.split('\n').map((line) => define(line, prefix));
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

function streams(header: string): TegraIds['streams'] {
  const found: Record<string, Record<string, number>> = { iso: {}, niso0: {}, niso1: {}, shared: {} };
  let space: Record<string, number> | undefined;
  for (const line of header.split('\n')) {
    const heading = STREAM_HEADING.exec(line)?.[1];
    if (heading !== undefined) space = found[heading.toLowerCase()];
    const pair = define(line, 'TEGRA234_SID_');
    if (pair !== undefined && space !== undefined) space[pair[0]] = pair[1];
  }
  return found as TegraIds['streams'];
}

/** The ids that the text of a kernel's four headers defines; names marked outdated are left out. */
export function parseTegraIds(headers: Readonly<Record<keyof typeof ID_HEADERS, string>>): TegraIds {
  return {
    clocks: defines(headers.clocks, 'TEGRA234_CLK_'),
    resets: defines(headers.resets, 'TEGRA234_RESET_'),
    powerDomains: defines(headers.powerDomains, 'TEGRA234_POWER_DOMAIN_'),
    streams: streams(headers.streams),
  };
}
