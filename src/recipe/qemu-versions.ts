// SPDX-License-Identifier: Apache-2.0

/**
 * Versions of QEMU with a series of patches here: Debian's stable releases, in which our files are built and tested, and the newest of
 * which a Debian mirror has the source, which no test builds yet.
 */
export const QEMU_VERSIONS = ['7.2', '10.0', '10.2'] as const;
export type QemuVersion = (typeof QEMU_VERSIONS)[number];
