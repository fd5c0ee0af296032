// SPDX-License-Identifier: Apache-2.0
import { ClkCommand, ClkFlag, MAX_PARENTS, NAME_BYTES } from './abi.ts';
import { type Answer, DONE, data, fail, hasLength, long, word } from './answer.ts';
import type { ClockBank } from './clock-bank.ts';
import type { ClockNode } from './clock-tree.ts';
import type { Master } from './master.ts';

type ClkRequest = {
  readonly bank: ClockBank;
  readonly master: Master;
  readonly id: number;
  readonly tx: Buffer;
};
type ClkHandler = { readonly bytes: number; readonly run: (request: ClkRequest) => Answer };

/** Bytes of the request by command (the table of minimum lengths in bpmp-abi.h), and what it does. */
const COMMANDS: ReadonlyMap<number, ClkHandler> = new Map<number, ClkHandler>([
  [ClkCommand.getRate, { bytes: 4, run: ({ bank, id }) => long(bank.rateOf(id)) }],
  [ClkCommand.setRate, { bytes: 16, run: ({ bank, id, tx }) => long(bank.setRate(id, rateIn(tx))) }],
  [ClkCommand.roundRate, { bytes: 16, run: ({ bank, id, tx }) => long(bank.round(id, rateIn(tx))) }],
  [ClkCommand.getParent, { bytes: 4, run: getParent }],
  [ClkCommand.setParent, { bytes: 8, run: setParent }],
  [ClkCommand.isEnabled, { bytes: 4, run: ({ master, id }) => word(master.clocks.has(id) ? 1 : 0) }],
  [ClkCommand.enable, { bytes: 4, run: (request) => want(request, true) }],
  [ClkCommand.disable, { bytes: 4, run: (request) => want(request, false) }],
  [ClkCommand.getAllInfo, { bytes: 4, run: ({ bank, id }) => allInfo(bank, id) }],
  [ClkCommand.getFmaxAtVmin, { bytes: 4, run: ({ bank, id }) => long(bank.rateOf(id)) }],
]);

/** MRQ_CLK. */
export function answerClk(bank: ClockBank, master: Master, tx: Buffer): Answer {
  if (tx.length < 4) return fail('einval');
  const head = tx.readUInt32LE(0);
  const id = head & 0xffffff;
  const number = head >>> 24;
  if (number === ClkCommand.getMaxClkId) return hasLength(tx, 4) ? word(bank.maxId) : fail('einval');
  const command = COMMANDS.get(number);
  if (command === undefined) return fail('ebadcmd');
  // Callers of commands without data send the whole union as well: its 12 bytes of zeros are padding.
  if (!hasLength(tx, command.bytes) || bank.get(id) === undefined) return fail('einval');
  return command.run({ bank, master, id, tx });
}

function want({ bank, master, id }: ClkRequest, on: boolean): Answer {
  bank.want(master, id, on);
  return DONE;
}

/** A root has none, which is an error and not clock 0. */
function getParent({ bank, id }: ClkRequest): Answer {
  return bank.get(id)?.parents.length === 0 ? fail('einval') : word(bank.parentOf(id));
}

function setParent({ bank, id, tx }: ClkRequest): Answer {
  const parent = tx.readUInt32LE(4);
  return bank.setParent(id, parent) ? word(parent) : fail('einval');
}

/** cmd_clk_set_rate_request after the head: s32 unused, s64 rate. */
function rateIn(tx: Buffer): number {
  return Number(tx.readBigInt64LE(8));
}

/** cmd_clk_get_all_info_response: u32 flags, parent, parents[16]; u8 num_parents, name[40]. */
function allInfo(bank: ClockBank, id: number): Answer {
  const clock = bank.get(id);
  if (clock === undefined) return fail('einval');
  const rx = Buffer.alloc(8 + 4 * MAX_PARENTS + 1 + NAME_BYTES);
  rx.writeUInt32LE(flagsOf(clock), 0);
  rx.writeUInt32LE(bank.parentOf(id), 4);
  clock.parents.forEach((parent, index) => {
    rx.writeUInt32LE(parent, 8 + 4 * index);
  });
  rx.writeUInt8(clock.parents.length, 8 + 4 * MAX_PARENTS);
  rx.write(clock.name.slice(0, NAME_BYTES - 1), 8 + 4 * MAX_PARENTS + 1, 'latin1');
  return data(rx);
}

function flagsOf({ parents, settable }: ClockNode): number {
  const mux = parents.length > 1 ? ClkFlag.hasMux : 0;
  const root = parents.length === 0 ? ClkFlag.isRoot : 0;
  return mux | root | (settable ? ClkFlag.hasSetRate : 0);
}
