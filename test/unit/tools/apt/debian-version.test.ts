// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { compareVersions } from '../../../../src/tools/apt/debian-version.ts';

/** Each older than the next; the order is what `dpkg --compare-versions` gives. */
const ORDER = [
  '1.0~rc1',
  '1.0~rc1-1',
  '1.0',
  '1.0-1~bpo12+1',
  '1.0-1',
  '1.0-1+deb12u1',
  '1.0-1+deb12u9',
  '1.0-1+deb12u10',
  '1.0a-1',
  '1.0+ds-1',
  '1.2-1',
  '1.10-1',
  '1:0.1-1',
];

it('orders versions as dpkg does', () => {
  for (const [at, one] of ORDER.entries()) {
    expect(compareVersions(one, one)).toBe(0);
    for (const other of ORDER.slice(at + 1)) {
      expect(compareVersions(one, other), `${one} < ${other}`).toBeLessThan(0);
      expect(compareVersions(other, one), `${other} > ${one}`).toBeGreaterThan(0);
    }
  }
});
