// SPDX-License-Identifier: Apache-2.0
import type { Answer } from './answer.ts';
import { DONE } from './answer.ts';
import { describe, type NamedRequest } from './describe.ts';
import type { RequestFrame } from './frame.ts';
import type { Master } from './master.ts';
import type { FirmwareModel } from './model.ts';
import { type Misbehaviour, misbehave, type ScriptRunner } from './script.ts';
import type { TranscriptEntry } from './transcript.ts';

/** What every connection works on. */
export type Firmware = {
  readonly model: FirmwareModel;
  readonly script: ScriptRunner | undefined;
  readonly record: ((entry: TranscriptEntry) => void) | undefined;
  /** ms since the start. */
  readonly now: () => number;
};

/** What becomes of a request. */
export type RequestOutcome = {
  /** undefined: there is none. */
  readonly answer: Answer | undefined;
  readonly delayMs: number | undefined;
  readonly what: NamedRequest | undefined;
  readonly scripted: boolean;
};

/** Numbers from here on are between an emulated device and the model: not scripted, not in the transcript. */
const FIRST_PRIVATE_MRQ = 0x7fff0000;

/** Let the firmware answer, as the script wants it. */
export function respond(
  { model, script, record }: Firmware,
  master: Master,
  frame: RequestFrame,
): RequestOutcome {
  const { mrq, tx } = frame;
  const watched = mrq < FIRST_PRIVATE_MRQ && (script !== undefined || record !== undefined);
  const what = watched ? describe(mrq, tx) : undefined;
  const wish = what === undefined ? undefined : script?.next(master.id, mrq, what);
  if (wish === undefined) {
    return { answer: model.transfer(master, mrq, tx), delayMs: undefined, what, scripted: false };
  }
  const answer = wish.drop === true ? undefined : misbehave(answerUnless(wish, model, master, frame), wish);
  return { answer, delayMs: wish.delayMs, what, scripted: true };
}

/** A request that a rule refuses never reaches the firmware. */
function answerUnless(
  wish: Misbehaviour,
  model: FirmwareModel,
  master: Master,
  { mrq, tx }: RequestFrame,
): Answer {
  const refused = (wish.status ?? 0) < 0 || (wish.ret ?? 0) < 0;
  return refused ? DONE : model.transfer(master, mrq, tx);
}
