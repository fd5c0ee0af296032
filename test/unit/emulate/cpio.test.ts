// SPDX-License-Identifier: Apache-2.0
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { makeCpio } from '../../../src/emulate/cpio.ts';

const list = (archive: Buffer) =>
  execaSync('cpio', ['-tv', '--quiet', '--numeric-uid-gid'], { input: archive })
    .stdout.trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '));

describe('an initramfs', () => {
  it('is what cpio reads: folders before what is in them, all of it root’s', () => {
    const lines = list(
      makeCpio([
        { type: 'file', path: 'etc/deep/file', mode: 0o644, content: 'abc' },
        { type: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
        { type: 'link', path: 'init', target: 'bin/busybox' },
        { type: 'folder', path: 'proc' },
      ]),
    );
    expect(lines.map((line) => line.replace(/ \w{3} \d+ .* /, ' '))).toEqual([
      'drwxr-xr-x 1 0 0 0 dev',
      'drwxr-xr-x 1 0 0 0 etc',
      'drwxr-xr-x 1 0 0 0 etc/deep',
      'drwxr-xr-x 1 0 0 0 proc',
      '-rw-r--r-- 1 0 0 3 etc/deep/file',
      expect.stringMatching(/^crw------- 1 0 0 5, 1 dev\/console$/),
      expect.stringMatching(/^lrwxrwxrwx 1 0 0 11 init -> bin\/busybox|lrwxrwxrwx.*busybox$/),
    ]);
  });

  it('keeps bytes, whatever they are', () => {
    const content = Buffer.from(Array.from({ length: 257 }, (_, index) => index & 255));
    const archive = makeCpio([{ type: 'file', path: 'f', mode: 0o600, content }]);
    const out = execaSync('cpio', ['-i', '--quiet', '--to-stdout', 'f'], {
      input: archive,
      encoding: 'buffer',
    }).stdout;
    expect(Buffer.compare(out, content)).toBe(0);
  });
});
