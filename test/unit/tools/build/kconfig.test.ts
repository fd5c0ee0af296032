// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { findUnmet, parseConfig, unmetParts } from '../../../../src/tools/build/kconfig.ts';

describe('a kernel configuration', () => {
  it('is read line by line, later lines winning', () => {
    const config = parseConfig(
      'CONFIG_A=y\n# CONFIG_A is not set\nCONFIG_S="a b"\n# CONFIG_B is not set\nCONFIG_B=m\n#x',
    );
    expect([...config]).toEqual([
      ['CONFIG_A', 'n'],
      ['CONFIG_S', '"a b"'],
      ['CONFIG_B', 'm'],
    ]);
  });

  it('is held against what was wanted; a symbol without a line is off', () => {
    const config = parseConfig('CONFIG_A=y\nCONFIG_B=m\n');
    const wanted = parseConfig('CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\n# CONFIG_D is not set\n');
    expect(findUnmet(config, wanted)).toEqual([
      { symbol: 'CONFIG_B', wanted: 'y', got: 'm' },
      { symbol: 'CONFIG_C', wanted: 'y', got: 'n' },
    ]);
  });
});

describe('a dependency that is not met', () => {
  const config = parseConfig('CONFIG_ON=y\nCONFIG_MOD=m\nCONFIG_TEXT="x"\n');

  it.each([
    ['ON', []],
    ['OFF', ['OFF (is n)']],
    ['MOD', ['MOD (is m)']],
    ['ON && OFF && MOD', ['OFF (is n)', 'MOD (is m)']],
    ['ON || OFF', []],
    ['OFF || ON && OFF', ['(OFF (is n) || (ON && OFF (is n)))']],
    ['!ON && !OFF', ['!ON']],
    ['!(OFF || ON)', ['!(OFF (is n) || ON)']],
    ['MOD=n', ['MOD=n (MOD is m)']],
    ['MOD!=n && TEXT="x"', []],
    ['(ON && (OFF || OFF2))', ['(OFF (is n) || OFF2 (is n))']],
    ['$(cc-option,-fx) && ON', []],
  ])('%s', (expression, parts) => {
    expect(unmetParts(expression, config)).toEqual(parts);
  });
});
