// SPDX-License-Identifier: Apache-2.0
import type { RunFlags } from './run-flags.ts';

/** What `run --emulate` was told. */
export type EmulateFlags = RunFlags & {
  readonly emulate: 'guest' | 'orin';
  readonly exec?: string;
  readonly smp?: number;
  readonly mem?: string;
  readonly script?: string;
  readonly monitor?: true;
  readonly logs?: string;
  readonly html?: string;
};
