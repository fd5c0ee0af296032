// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const patchesOf = (series: string): string => {
  const folder = join(import.meta.dirname, '../../../patches', series);
  const names = readFileSync(join(folder, 'series'), 'utf8').trim().split('\n');
  expect(readdirSync(folder).sort()).toEqual([...names, 'series']);
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
};

const BINDING = 'Documentation/devicetree/bindings/firmware/nvidia,tegra186-bpmp.yaml';

/**
 * The files that the patches are for, as git names their content. For Linux 6.12: mails to linux-tegra of 1 October 2024, that is
 * after 6.12-rc1, have this bpmp.c before their change (for example
 * 20241001204025.5632-1-krzysztof.kozlowski@linaro.org), and Debian's 6.12.117 still has it; the others are older still. So
 * 6.12.5, which lies between, has them too. For 7.x: those of Debian's 7.3.4.
 */
const SERIES = [
  {
    series: 'linux-6.12',
    blobs: [
      ['drivers/firmware/tegra/Kconfig', '91f2320c0d0f'],
      ['drivers/firmware/tegra/Makefile', '620cf3fdd607'],
      ['drivers/firmware/tegra/bpmp-private.h', '182bfe396516'],
      ['drivers/firmware/tegra/bpmp.c', '2bee6e918f81'],
      ['drivers/firmware/tegra/bpmp-tegra186.c', '6f0d0511b486'],
      [BINDING, 'c43d17f6e96b'],
    ],
  },
  {
    series: 'linux-7.x',
    blobs: [
      ['drivers/firmware/tegra/Kconfig', '3a9162706439'],
      ['drivers/firmware/tegra/Makefile', '41e2e4dc31d6'],
      ['drivers/firmware/tegra/bpmp-private.h', '07c3d46abb87'],
      ['drivers/firmware/tegra/bpmp.c', '753472b53bd8'],
      ['drivers/mailbox/mailbox.c', 'efacd24a085d'],
      [BINDING, '3c44fe607e12'],
    ],
  },
] as const;

test.each(SERIES)('the patches of $series are for that kernel, and touch few files', ({ series, blobs }) => {
  const found = [...patchesOf(series).matchAll(/^diff --git a\/(\S+) b\/(\S+)\nindex (\w+)\.\./gm)];
  expect(found.map(([, before]) => before)).toEqual(found.map(([, , after]) => after));
  expect(new Map(found.map(([, path, , blob]) => [path, blob]))).toEqual(new Map(blobs));
});

test.each(SERIES)('the patches of $series add at most 60 lines to any part', ({ series, blobs }) => {
  const parts = patchesOf(series)
    .split(/^diff --git /m)
    .slice(1);
  expect(parts).toHaveLength(blobs.length);
  for (const like of [/^a\/drivers\/firmware\//, /^a\/drivers\/mailbox\//, /^a\/Documentation\//]) {
    const text = parts.filter((part) => like.test(part)).join('\n');
    expect((text.match(/^\+(?!\+\+ )/gm) ?? []).length, String(like)).toBeLessThanOrEqual(60);
  }
});
