// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../../errors.ts';
import { readText } from '../../read-file.ts';

/** sshd(8), AUTHORIZED_KEYS FILE FORMAT: the kinds of keys, without options in front. */
const KEY =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) ([A-Za-z0-9+/]+={0,2})(?: [^\n]*)?$/;

/**
 * The one public key in `file`, as a line for authorized_keys.
 *
 * @throws {UsageError} it is not one: says what it seems to be
 */
export async function readSshKey(file: string): Promise<string> {
  const text = (await readText(file)).trim();
  if (text.includes('PRIVATE KEY'))
    throw new UsageError(`${file} is a private key`, `Name the public one: ${file}.pub`);
  const [, kind = '', data = ''] = KEY.exec(text) ?? [];
  const blob = Buffer.from(data, 'base64');
  // RFC 4253, 6.6: the blob starts with the length and the name of its kind.
  const named = blob.length > 4 ? blob.toString('latin1', 4, 4 + Math.min(blob.readUInt32BE(0), 64)) : '';
  if (kind !== '' && named === kind && blob.length > 4 + kind.length + 32) return `${text}\n`;
  throw new UsageError(
    `${file} is not an ssh public key`,
    'Name a file with one line such as `ssh-ed25519 AAAA… me@host`; `ssh-keygen -t ed25519` makes one.',
  );
}
