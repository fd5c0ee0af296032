// SPDX-License-Identifier: Apache-2.0

/** What a sound kernel does not say. */
const BAD =
  /\b(WARNING:|BUG:|Oops|Kernel panic|Call trace:|Unable to handle|Internal error|rcu: INFO|soft lockup|hung task|refcount_t:|UBSAN|KASAN|sleeping function called|Invalid wait context|possible (recursive|circular) locking|preemption imbalance|scheduling while atomic|failed to|Failed to)/;

/** The lines of a kernel log that say something is wrong, without those that `allowed` knows. */
export function badKernelLines(log: string, allowed: readonly RegExp[] = []): readonly string[] {
  return log
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => BAD.test(line) && !allowed.some((pattern) => pattern.test(line)));
}
