// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readText } from '../read-file.ts';
import { PAYLOAD_MAX } from './abi.ts';
import type { Answer } from './answer.ts';
import type { NamedRequest } from './describe.ts';

const nameOrNumber = z.union([z.string().min(1), z.int().min(0)]);
const rule = z.strictObject({
  mrq: nameOrNumber.optional().describe('CLK, RESET, PG, PING … or a number; without: any'),
  cmd: nameOrNumber.optional().describe('ENABLE, SET_RATE, ASSERT … or a number; without: any'),
  id: nameOrNumber.optional().describe('uarta … or a number; without: any'),
  master: z.int().min(1).optional().describe('the connection, counted from 1; without: any'),
  skip: z.int().min(0).default(0).describe('let this many matching requests pass first'),
  times: z.int().min(1).optional().describe('then act on this many; without: on all'),
  delayMs: z.int().min(0).optional().describe('answer late'),
  drop: z.literal(true).optional().describe('never answer'),
  status: z
    .int()
    .max(0)
    .optional()
    .describe('refuse in front of the firmware, with this negative Linux errno'),
  ret: z.int().max(0).optional().describe('let the firmware answer this code'),
  poison: z.literal(true).optional().describe('leave what an earlier answer held behind the answer'),
});
const scriptSchema = z.strictObject({ rules: z.array(rule) });

/** How the firmware shall misbehave: the first rule that matches a request acts on it. */
export type Script = z.input<typeof scriptSchema>;
type ScriptRule = z.output<typeof rule>;

/** What a rule asks for. */
export type Misbehaviour = Pick<ScriptRule, 'delayMs' | 'drop' | 'status' | 'ret' | 'poison'>;

const HINT = 'docs/virtual-orin.md shows what a script of the firmware model looks like.';

/**
 * Read a script from a JSON file.
 *
 * @throws {UsageError} it cannot be read, is not JSON, or has keys or values that a script has not
 */
export async function readScript(file: string): Promise<Script> {
  let json: unknown;
  try {
    json = JSON.parse(await readText(file));
  } catch (cause) {
    throw new UsageError(`${file} cannot be read as JSON: ${(cause as Error).message}`, HINT, { cause });
  }
  const parsed = scriptSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} is not a script\n${z.prettifyError(parsed.error)}`, HINT);
}

/** Finds what a script wants of each request. */
export class ScriptRunner {
  readonly #rules: readonly (ScriptRule & { seen: number })[];

  constructor(script: Script) {
    this.#rules = scriptSchema.parse(script).rules.map((one) => ({ ...one, seen: 0 }));
  }

  /** The rule that acts on this request, if any. Counts, so it is asked once a request. */
  next(master: number, mrq: number, what: NamedRequest): Misbehaviour | undefined {
    for (const one of this.#rules) {
      if (one.master !== undefined && one.master !== master) continue;
      if (!(is(one.mrq, what.mrq, mrq) && is(one.cmd, what.cmd) && is(one.id, what.name, what.id))) continue;
      one.seen += 1;
      const past = one.seen > one.skip && (one.times === undefined || one.seen <= one.skip + one.times);
      if (past) return one;
    }
    return undefined;
  }
}

/** Commands without a name in the ABI are described by their number. */
function is(wanted: string | number | undefined, name: string | undefined, number?: number): boolean {
  return wanted === undefined || wanted === number || String(wanted) === name;
}

/** What an earlier answer left in the frame, for rules that do not clear it. */
const POISON = 0xa5;

/** The answer as the rule wants it. */
export function misbehave(answer: Answer, { status, ret, poison }: Misbehaviour): Answer {
  const rx = poison === true ? Buffer.concat([answer.rx, Buffer.alloc(PAYLOAD_MAX, POISON)]) : answer.rx;
  return { status: status ?? answer.status, ret: ret ?? answer.ret, rx: rx.subarray(0, PAYLOAD_MAX) };
}
