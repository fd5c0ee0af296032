// SPDX-License-Identifier: Apache-2.0

/** The version of this package: as in package.json, which a test compares. */
export const VERSION = '0.1.0';
