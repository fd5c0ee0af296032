// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { debianHeaders } from '../../helpers/lab/debian-headers.ts';
import { runScript } from '../../helpers/script.ts';

// What lies between is in the range: 5.15 and 6.8 of Jetson Linux, 6.6, 6.18. The last two are the newest that Debian has.
test.each([
  ['bullseye', '5.10.'],
  ['bookworm', '6.1.'],
  ['trixie', '6.12.'],
  ['sid', '7.'],
  ['trixie-backports', '7.'],
])('the host proxy builds out of tree for the kernel of Debian %s', async (suite, version) => {
  const { root, out, alone } = await debianHeaders(suite);
  const release = await alone(() => runScript('gates/headers.sh', { HEADERS: root, OUT: out }));
  expect(release).toMatch(/^\d+\.\d+\.\S+-arm64\n?$/);
  expect(release.startsWith(version), release).toBe(true);
});
