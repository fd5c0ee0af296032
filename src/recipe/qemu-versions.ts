// SPDX-License-Identifier: Apache-2.0

/**
 * Versions of QEMU with a series of patches here, in which our files are built and tested: Debian's stable releases, and the newest
 * of which a Debian mirror has the source.
 */
export const QEMU_VERSIONS = ['7.2', '10.0', '10.2'] as const;
export type QemuVersion = (typeof QEMU_VERSIONS)[number];
