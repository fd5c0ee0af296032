// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../../read-file.ts';
import { isCode } from '../files/write-file.ts';

/** One archive in apt's own settings. */
export type AptSource = {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly signedBy?: string;
};

/** Where the keys of Debian's archives are, once the package debian-archive-keyring is installed. */
export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** The address that a recipe gives; a system that has Debian from somewhere else is taken at its word. */
const PUBLIC_MIRROR = 'http://deb.debian.org/debian';

/**
 * The line of a sources.list for `suite`. `NAME-security` lies in the security archive beside `mirror`. Where the recipe names
 * Debian's public address and this system is a Debian that has its archive elsewhere, that place is used: it is the
 * one that can be reached.
 */
export function sourceLine(
  type: 'deb' | 'deb-src',
  request: { readonly mirror: string; readonly suite: string; readonly architecture?: string },
  system: readonly AptSource[],
): string {
  const { mirror, suite, architecture } = request;
  const security = suite.endsWith('-security');
  const own = mirror === PUBLIC_MIRROR ? systemMirror(system, security) : undefined;
  const uri = own ?? (security ? `${mirror}-security` : mirror);
  const options = [`signed-by=${DEBIAN_KEYRING}`];
  if (architecture !== undefined) options.unshift(`arch=${architecture}`);
  return `${type} [${options.join(' ')}] ${uri} ${suite} main`;
}

function systemMirror(system: readonly AptSource[], security: boolean): string | undefined {
  const debian = system.filter(
    (source) => source.signedBy === undefined || source.signedBy === DEBIAN_KEYRING,
  );
  return debian.find(({ suites }) =>
    suites.some((suite) => DEBIAN_SUITE.test(suite) && suite.endsWith('-security') === security),
  )?.uri;
}

/** Suites of Debian itself; Ubuntu's have other names, and so has everybody's own archive. */
const DEBIAN_SUITE = /^(bullseye|bookworm|trixie|forky|sid|stable|testing|unstable)(-[a-z]+)*$/;

/** What /etc/apt names, in both of its formats. */
export async function systemSources(etc = '/etc/apt'): Promise<readonly AptSource[]> {
  const parts = join(etc, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = [join(etc, 'sources.list'), ...names.sort().map((name) => join(parts, name))];
  const found: AptSource[] = [];
  for (const file of files) {
    const text = await readText(file).catch((error) => {
      if (isCode(error, 'ENOENT', 'EACCES')) return '';
      throw error;
    });
    if (file.endsWith('.sources')) found.push(...parseDeb822(text));
    else if (file.endsWith('.list')) found.push(...parseOneLine(text));
  }
  return found;
}

/** sources.list(5), one-line style. */
export function parseOneLine(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, options = '', uri, suite] = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [{ uri: trimSlash(uri), suites: [suite], ...(signedBy === undefined ? {} : { signedBy }) }];
  });
}

/** sources.list(5), deb822 style. */
export function parseDeb822(text: string): readonly AptSource[] {
  const stanzas = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(stanza)?.[1]?.trim();
    if (!(field('Types') ?? '').split(/\s+/).includes('deb') || field('Enabled') === 'no') return [];
    const suites = (field('Suites') ?? '').split(/\s+/);
    const signedBy = field('Signed-By');
    const key = signedBy?.startsWith('/') ? { signedBy } : {};
    const uris = (field('URIs') ?? '').split(/\s+/).filter((uri) => uri !== '');
    return uris.map((uri) => ({ uri: trimSlash(uri), suites, ...key }));
  });
}

function trimSlash(uri: string): string {
  return uri.replace(/\/+$/, '');
}
