// SPDX-License-Identifier: Apache-2.0
import { QEMU_VERSIONS, type QemuVersion } from '../../../src/recipe/qemu-versions.ts';

/** The versions that tests build and run. 10.2 was compiled in part, by hand, and nothing of it has run yet. */
export const TESTED_QEMUS: readonly QemuVersion[] = QEMU_VERSIONS.filter((version) => version !== '10.2');
