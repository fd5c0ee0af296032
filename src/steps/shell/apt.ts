// SPDX-License-Identifier: Apache-2.0

import { formatCommand, shellQuote } from '../../command.ts';
import { APT_FOLDERS, type AptRequest, aptSettings, sourceLines } from '../../tools/apt/apt.ts';
import type { ShellContext } from '../step.ts';

/** Lines that leave `text` in `file`, whatever is in it; `$PWD` in it is the folder in which the script is by then. */
export function hereFile(file: string, text: string): string {
  // Not a here-document: a line of the text could end it, and all but `$PWD` would be expanded as well.
  const words = text.trimEnd().split('\n').map(quoteLine);
  return `printf '%s\\n' \\\n  ${words.join(' \\\n  ')} >${file}`;
}

function quoteLine(line: string): string {
  return line
    .split('$PWD')
    .map((part) => (part === '' ? '' : shellQuote(part)))
    .join('"$PWD"');
}

/** Lines that do what `openApt` does, in the folder `name` of the one that the step starts in. */
export async function openAptLines(
  name: string,
  request: AptRequest,
  { url }: ShellContext,
): Promise<readonly string[]> {
  return [
    `mkdir -p ${APT_FOLDERS.map((folder) => `${name}/${folder}`).join(' ')} && : >${name}/status`,
    hereFile(`${name}/etc/sources.list`, await sourceLines(request, url)),
    hereFile(`${name}/apt.conf`, aptSettings(`$PWD/${name}`, request.architecture)),
    shellAptLine(name, ['apt-get', 'update', '--error-on=any']),
  ];
}

/** An apt program with the archive that `openAptLines` has opened in the folder `name`. */
export function shellAptLine(
  name: string,
  [program, ...words]: readonly ['apt-get' | 'apt-cache', ...string[]],
): string {
  return formatCommand([program, '-c', `${name}/apt.conf`, ...words]);
}

/** Unpack Debian's source package `name` (`NAME`, or `NAME=VERSION`) to the folder `into`, which is replaced. */
export function sourcePackageLines(apt: string, name: string, into: string): readonly string[] {
  const folder = formatCommand([into]);
  return [
    shellAptLine(apt, ['apt-get', 'source', '--download-only', '--only-source', name]),
    `rm -rf ${folder}`,
    `dpkg-source --no-check -x ${shellQuote(name.replace(/=.*/, ''))}_*.dsc ${folder}`,
  ];
}
