// SPDX-License-Identifier: Apache-2.0

/**
 * Versions of QEMU with a series of patches here, in which our files are built and tested: those of Debian's stable releases.
 */
export const QEMU_VERSIONS = ['7.2', '10.0'] as const;
export type QemuVersion = (typeof QEMU_VERSIONS)[number];
