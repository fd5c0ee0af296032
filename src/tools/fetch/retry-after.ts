// SPDX-License-Identifier: Apache-2.0

/** Attempts at one address before the next is asked. */
export const ATTEMPTS = 4;
/** ms before the second attempt; each later one waits for as much more. */
const PAUSE_MS = 1_000;
/** The longest that a server may make us wait, in ms; who asks for more is passed over. */
const MOST_MS = 120_000;

/**
 * How long a server asks to be left alone (Retry-After of RFC 9110: seconds, or a date), in ms; 0 where it asks nothing.
 */
export function retryAfterMs(header: string | undefined, now: number): number {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return /^[A-Z][a-z]{2},/.test(text) && !Number.isNaN(date) ? Math.max(0, date - now) : 0;
}

/** How long to wait before attempt `attempt` + 1, in ms; undefined: the server asks for too long a wait. */
export function pauseMs(attempt: number, askedMs: number, unit = PAUSE_MS): number | undefined {
  return askedMs > MOST_MS ? undefined : Math.max(unit * attempt, askedMs);
}
