// SPDX-License-Identifier: Apache-2.0
import type { RootStorage } from '../../flash/flash-plan.ts';

/** Flags of the verb flash. */
export type FlashFlags = {
  readonly work: string;
  readonly l4t?: string;
  readonly bundle?: string;
  readonly rootfs?: string;
  /** Its owner says that the root file system is unpacked and that apply_binaries.sh has run. */
  readonly rootfsReady?: true;
  readonly storage: RootStorage;
  readonly board?: string;
  readonly usb?: string;
  /** Every board in recovery mode, at once. */
  readonly all?: true;
  readonly user?: string;
  /** False with --no-flash. */
  readonly flash: boolean;
  readonly dryRun?: true;
  readonly yes?: true;
  /** A log to be judged, in place of flashing. */
  readonly explain?: string;
  /** Seconds. */
  readonly wait: number;
};

/** The same with absolute folders. */
export type FlashJob = Omit<FlashFlags, 'l4t' | 'bundle'> & { readonly l4t: string; readonly bundle: string };
