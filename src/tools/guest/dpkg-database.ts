// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, copyFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readBytes, readText } from '../../read-file.ts';
import { isCode } from '../files/is-code.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { Run } from '../process/exec.ts';

/** Files of a package that are run. */
const SCRIPTS = /^((pre|post)(inst|rm)|config)$/;

/** Packages that were unpacked without dpkg. */
type Unpacked = {
  readonly debs: readonly string[];
  readonly root: string;
  /** Has the list of each package's files as `FILE.deb.list`; scratch files are made in it. */
  readonly lists: string;
};

/**
 * What `dpkg --unpack` would have written to `root`/var/lib/dpkg, so that `dpkg --configure -a` in the machine does the rest:
 * dpkg(1) and deb-triggers(5) say what these files are.
 */
export async function writeDpkgDatabase({ debs, root, lists }: Unpacked, run: Run): Promise<void> {
  const dpkg = join(root, 'var/lib/dpkg');
  for (const folder of ['../..', '..', '.', 'info', 'triggers', 'updates', 'parts', 'alternatives'])
    await makeOpenFolder(join(dpkg, folder));
  await put(join(dpkg, 'info/format'), '1\n');
  await put(join(dpkg, 'available'), '');
  const stanzas: string[] = [];
  const interests = new Map<string, string[]>();
  for (const deb of debs) {
    const { stanza, triggers } = await addPackage(deb, { dpkg, root, lists }, run);
    stanzas.push(stanza);
    for (const [trigger, line] of triggers) interests.set(trigger, [...(interests.get(trigger) ?? []), line]);
  }
  await put(join(dpkg, 'status'), stanzas.join('\n'));
  await writeTriggers(join(dpkg, 'triggers'), interests);
}

type Places = Pick<Unpacked, 'root' | 'lists'> & { readonly dpkg: string };

/** Put what belongs to one package into `dpkg`/info; gives its stanza of the status file, and what triggers it. */
async function addPackage(deb: string, { dpkg, root, lists }: Places, run: Run) {
  const parts = join(lists, `${basename(deb)}.control`);
  await run(['dpkg-deb', '--control', deb, parts], lists);
  const control = (await readText(join(parts, 'control'))).trimEnd();
  const name = /^Package: (.*)$/m.exec(control)?.[1] ?? '';
  const own = /^Multi-Arch: same$/m.test(control) ? `${name}:arm64` : name;
  const files = (await readdir(parts)).filter((file) => file !== 'control');
  const sources = [
    ...files.map((file) => [file, join(parts, file)]),
    ['list', join(lists, `${basename(deb)}.list`)],
  ];
  for (const [file = '', from = ''] of sources) {
    const to = join(dpkg, 'info', `${own}.${file}`);
    await copyFile(from, to);
    await chmod(to, SCRIPTS.test(file) ? 0o755 : 0o644);
  }
  const conffiles = await conffilesOf(await optional(join(parts, 'conffiles')), root);
  return {
    stanza: `${control.replace(/^Package: .*$/m, '$&\nStatus: install ok unpacked')}\n${conffiles}`,
    triggers: interestsOf(await optional(join(parts, 'triggers')), own),
  };
}

/** A field that ends in a newline; nothing where the package has none. */
async function conffilesOf(list: string, root: string): Promise<string> {
  // A line with a flag before the name is of a file that is gone.
  const names = list.split('\n').filter((line) => line.startsWith('/'));
  const lines = await Promise.all(
    names.map(async (name) => {
      const md5 = createHash('md5').update(await readBytes(join(root, name)));
      return ` ${name} ${md5.digest('hex')}\n`;
    }),
  );
  return lines.length === 0 ? '' : `Conffiles:\n${lines.join('')}`;
}

function interestsOf(text: string, name: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/^interest(-await|-noawait)? (\S+)$/gm)].map(([, how, trigger = '']) => [
    trigger,
    how === '-noawait' ? `${name}/noawait` : name,
  ]);
}

/** Files are in one list, other triggers have a file each. */
async function writeTriggers(
  folder: string,
  interests: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const files: string[] = [];
  for (const [trigger, names] of interests)
    if (trigger.startsWith('/')) files.push(...names.map((name) => `${trigger} ${name}\n`));
    else await put(join(folder, trigger), names.map((name) => `${name}\n`).join(''));
  await put(join(folder, 'File'), files.join(''));
}

/** The umask of who runs this is not the guest's. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o644);
}

async function makeOpenFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  await chmod(folder, 0o755);
}

async function optional(file: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return '';
    throw error;
  }
}
