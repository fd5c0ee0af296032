// SPDX-License-Identifier: Apache-2.0

/** Whether `error` is a system error with one of `codes` (`ENOENT` …). */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
