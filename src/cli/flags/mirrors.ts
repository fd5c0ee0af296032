// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../../errors.ts';

/** Where a site has what lies below `prefix`. */
type Mirror = { readonly prefix: string; readonly replacement: string };

/**
 * The mapping of addresses that a site wants: `PREFIX=REPLACEMENT`, from `--mirror` and, after it, from BPMP_VIRT_MIRROR (several
 * separated by blanks). The longest prefix that fits holds, the first of equally long ones.
 *
 * @throws {UsageError} one of them has no `=`
 */
export function mirrorMap(flags: readonly string[], environment = ''): (address: string) => string {
  const words = [...flags, ...environment.split(/\s+/).filter((word) => word !== '')];
  const mirrors = words.map(parseMirror).sort((a, b) => b.prefix.length - a.prefix.length);
  return (address) => {
    const found = mirrors.find(({ prefix }) => address.startsWith(prefix));
    return found === undefined ? address : found.replacement + address.slice(found.prefix.length);
  };
}

function parseMirror(word: string): Mirror {
  const at = word.indexOf('=');
  if (at > 0) return { prefix: word.slice(0, at), replacement: word.slice(at + 1) };
  throw new UsageError(
    `'${word}' is not a mirror`,
    'Write PREFIX=REPLACEMENT: --mirror https://developer.nvidia.com/=https://mirror.example.com/nvidia/',
  );
}
