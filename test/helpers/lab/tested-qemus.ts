// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { QEMU_VERSIONS, type QemuVersion } from '../../../src/recipe/qemu-versions.ts';

/** The newest takes as long to build as any other; test/hard/qemu/newest.test.ts runs the same tests with it. */
export const NEWEST_QEMU = '10.2' satisfies QemuVersion;

/** Names the version to test in place of those of every day. */
export const ONLY_QEMU = 'BPMP_VIRT_TEST_QEMU';

const only = process.env[ONLY_QEMU];

/** The versions that end-to-end tests run on. */
export const TESTED_QEMUS: readonly QemuVersion[] = QEMU_VERSIONS.filter((version) =>
  only === undefined ? version !== NEWEST_QEMU : version === only,
);
