// SPDX-License-Identifier: Apache-2.0
import { NAME_BYTES, PgCommand, ResetCommand } from './abi.ts';
import { type Answer, DONE, data, fail, hasLength, word } from './answer.ts';
import type { DomainBank, ResetBank } from './line-bank.ts';
import type { Master } from './master.ts';

/** MRQ_RESET: u32 cmd, u32 reset_id. */
export function answerReset(bank: ResetBank, master: Master, tx: Buffer): Answer {
  if (!hasLength(tx, 8)) return fail('einval');
  const command = tx.readUInt32LE(0);
  const id = tx.readUInt32LE(4);
  if (command === ResetCommand.getMaxId) return word(bank.maxId);
  if (command < ResetCommand.assert || command > ResetCommand.getMaxId) return fail('ebadcmd');
  if (bank.nameOf(id) === undefined) return fail('einval');
  if (command !== ResetCommand.deassert) bank.assert(master, id);
  if (command !== ResetCommand.assert) bank.release(master, id);
  return DONE;
}

/** MRQ_PG: u32 cmd, u32 id, and for two commands one u32 more. */
export function answerPg(bank: DomainBank, master: Master, tx: Buffer): Answer {
  const command = tx.length < 4 ? PgCommand.getMaxId : tx.readUInt32LE(0);
  const bytes = command === PgCommand.queryAbi || command === PgCommand.setState ? 12 : 8;
  if (!hasLength(tx, bytes)) return fail('einval');
  if (command === PgCommand.queryAbi) return queryPgAbi(tx.readUInt32LE(8));
  if (command === PgCommand.getMaxId) return word(bank.maxId);
  return command > PgCommand.getMaxId ? fail('ebadcmd') : answerDomain(bank, master, command, tx);
}

function answerDomain(bank: DomainBank, master: Master, command: number, tx: Buffer): Answer {
  const id = tx.readUInt32LE(4);
  const name = bank.nameOf(id);
  if (name === undefined) return fail('einval');
  if (command === PgCommand.getState) return word(master.domains.has(id) ? 1 : 0);
  if (command === PgCommand.getName) return nameAnswer(name);
  const state = tx.readUInt32LE(8);
  if (state > 1) return fail('einval');
  bank.want(master, id, state === 1);
  return DONE;
}

function queryPgAbi(command: number): Answer {
  return command <= PgCommand.getMaxId ? DONE : fail('enodev');
}

function nameAnswer(name: string): Answer {
  const rx = Buffer.alloc(NAME_BYTES);
  rx.write(name.slice(0, NAME_BYTES - 1), 'latin1');
  return data(rx);
}
