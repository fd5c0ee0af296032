// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  DEBIAN_KEYRING,
  parseDeb822,
  parseOneLine,
  sourceLine,
} from '../../../../src/tools/apt/apt-sources.ts';

const MIRROR = 'http://deb.debian.org/debian';

describe('apt’s own settings', () => {
  it('are read in deb822 style', () => {
    const text = `Types: deb
# a remark in the middle
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: ${DEBIAN_KEYRING}

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
`;
    expect(parseDeb822(text)).toEqual([
      {
        uri: 'http://mirror.example/debian',
        suites: ['bookworm', 'bookworm-updates'],
        signedBy: DEBIAN_KEYRING,
      },
    ]);
  });

  it('are read in one-line style', () => {
    const text = `# deb http://no.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://packages.example/apt x main
deb-src http://a.example/debian bookworm main
deb http://a.example/debian/ bookworm main contrib`;
    expect(parseOneLine(text)).toEqual([
      { uri: 'https://packages.example/apt', suites: ['x'], signedBy: '/usr/share/keyrings/x.gpg' },
      { uri: 'http://a.example/debian', suites: ['bookworm'] },
    ]);
  });
});

describe('the line for a suite', () => {
  const system = [
    { uri: 'http://near/debian', suites: ['bookworm'] },
    { uri: 'http://near/debian-security', suites: ['bookworm-security'], signedBy: DEBIAN_KEYRING },
    { uri: 'http://vendor/debian', suites: ['sid'], signedBy: '/other.gpg' },
  ];
  const line = (mirror: string, suite: string, known = system) => sourceLine('deb', { mirror, suite }, known);

  it('takes Debian from where this system has it, also for suites that it does not name', () => {
    expect(line(MIRROR, 'trixie')).toBe(`deb [signed-by=${DEBIAN_KEYRING}] http://near/debian trixie main`);
    expect(line(MIRROR, 'trixie-security')).toContain(' http://near/debian-security trixie-security ');
  });

  it('takes the recipe’s word on Ubuntu, and for any mirror but the public one', () => {
    const ubuntu = [{ uri: 'http://archive.ubuntu.com/ubuntu', suites: ['jammy', 'jammy-security'] }];
    expect(line(MIRROR, 'bookworm', ubuntu)).toContain(` ${MIRROR} bookworm `);
    expect(line(MIRROR, 'bookworm-security', ubuntu)).toContain(` ${MIRROR}-security bookworm-security `);
    expect(line('http://site/debian', 'bookworm')).toContain(' http://site/debian bookworm ');
  });

  it('names the architecture where there is one', () => {
    const request = { mirror: 'http://m', suite: 's', architecture: 'arm64' };
    expect(sourceLine('deb', request, [])).toBe(
      `deb [arch=arm64 signed-by=${DEBIAN_KEYRING}] http://m s main`,
    );
  });
});
