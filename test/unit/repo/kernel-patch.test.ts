// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../../patches/linux-6.12');
const PATCHES = readdirSync(FOLDER).filter((name) => name.endsWith('.patch'));
const TEXT = PATCHES.map((name) => readFileSync(join(FOLDER, name), 'utf8')).join('\n');

/**
 * The files of Linux 6.12 that the patches are for, as git names their content. Mails to linux-tegra of 1 October 2024, that is
 * after 6.12-rc1, have this bpmp.c before their change (for example
 * 20241001204025.5632-1-krzysztof.kozlowski@linaro.org), and Debian's 6.12.117 still has it; the others are older still. So
 * 6.12.5, which lies between, has them too.
 */
const BLOBS = new Map([
  ['Kconfig', '91f2320c0d0f'],
  ['Makefile', '620cf3fdd607'],
  ['bpmp-private.h', '182bfe396516'],
  ['bpmp.c', '2bee6e918f81'],
  ['bpmp-tegra186.c', '6f0d0511b486'],
  ['Documentation/devicetree/bindings/firmware/nvidia,tegra186-bpmp.yaml', 'c43d17f6e96b'],
]);

test('the kernel patches are for Linux 6.12, and touch few files of one folder, and its binding', () => {
  const found = [...TEXT.matchAll(/^diff --git a\/(\S+) b\/(\S+)\nindex (\w+)\.\./gm)];
  expect(found.map(([, before]) => before)).toEqual(found.map(([, , after]) => after));
  expect(
    new Map(found.map(([, path, , blob]) => [path?.replace('drivers/firmware/tegra/', ''), blob])),
  ).toEqual(BLOBS);
});

test.each([
  ['code', /^(?!.*\.yaml )/],
  ['the binding', /^.*\.yaml /],
])('they add at most 60 lines to %s', (_, file) => {
  const parts = TEXT.split(/^diff --git /m).filter((part, at) => at > 0 && file.test(part));
  const added = parts.join('\n').match(/^\+(?!\+\+ )/gm) ?? [];
  expect(added.length).toBeGreaterThan(0);
  expect(added.length).toBeLessThanOrEqual(60);
});
