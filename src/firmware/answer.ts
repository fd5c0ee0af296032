// SPDX-License-Identifier: Apache-2.0
import { BpmpError } from './abi.ts';

/** What the firmware makes of one request. */
export type Answer = {
  /** 0: the firmware answered; a negative Linux errno: something in front of it did not let the request through. */
  readonly status: number;
  /** The firmware's own code: 0 or a negative BpmpError. */
  readonly ret: number;
  readonly rx: Buffer;
};

const NOTHING = Buffer.alloc(0);
/** Success without data. */
export const DONE: Answer = { status: 0, ret: 0, rx: NOTHING };

/** The firmware's refusal. */
export function fail(error: keyof typeof BpmpError): Answer {
  return { status: 0, ret: -BpmpError[error], rx: NOTHING };
}

/** Success with these bytes. */
export function data(rx: Buffer): Answer {
  return { status: 0, ret: 0, rx };
}

/** Success with one u32. */
export function word(value: number): Answer {
  const rx = Buffer.alloc(4);
  rx.writeUInt32LE(value >>> 0);
  return data(rx);
}

/** Success with one s64; rates of clocks are well below 2^53. */
export function long(value: number): Answer {
  const rx = Buffer.alloc(8);
  rx.writeBigInt64LE(BigInt(value));
  return data(rx);
}

/**
 * Whether a request has the bytes that its struct needs and nothing but zeros behind them: senders may pad, but
 * what they pad with must not be an earlier request.
 */
export function hasLength(tx: Buffer, least: number): boolean {
  if (tx.length < least) return false;
  for (let at = least; at < tx.length; at += 1) if (tx[at] !== 0) return false;
  return true;
}
