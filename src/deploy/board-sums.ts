// SPDX-License-Identifier: Apache-2.0
import { formatCommand } from '../command.ts';
import { EnvironmentError } from '../errors.ts';
import { type Reach, runOnTarget } from '../tools/ssh.ts';
import { isPutElsewhere } from './bundle-files.ts';
import { NO_LIST, notAsListed, readSums } from './bundle-sums.ts';

/** Between the list and what was found. */
const MARK = '--';

/**
 * The list, the mark, and the sums of those of its files that can be read. No shell expands a name: they go from cut to sha256sum by
 * xargs.
 */
const LOOK = `cd "$1" || exit
[ -e run-vm.sh ] || [ -e SHA256SUMS ] || { echo none; exit; }
[ -e SHA256SUMS ] || exit 0
cat SHA256SUMS
echo; echo ${MARK}
cut -c 67- SHA256SUMS | tr '\\n' '\\0' | xargs -0 sha256sum -- 2>/dev/null
exit 0`;

/** A user who does not get into the folder asks root; who does needs no password for that. */
const AS_READER = `folder=\${BPMP_VIRT_ROOT-}$1
[ -e "$folder" ] || { echo none; exit; }
if [ -x "$folder" ]; then exec sh -c "$2" look "$folder"; else exec sudo -n sh -c "$2" look "$folder"; fi`;

/**
 * Hold the bundle in `folder` of a board against its SHA256SUMS: a deployment that was cut off, a bad disk or somebody's editor may have
 * been there since. Files that deploy puts elsewhere may be missing, and a bundle without a list is taken as it is.
 *
 * @param target as the user wrote it
 * @throws {EnvironmentError} the board is not reached, has no bundle there, or other files than listed
 */
export async function requireSumsOnBoard(reach: Reach, folder: string, target: string): Promise<void> {
  const words = formatCommand(['sh', '-c', AS_READER, 'reader', folder, LOOK]);
  const said = await runOnTarget(reach, 'sha256sum of the bundle', words);
  const again = `Put it there anew: \`bpmp-virt deploy ${target}\`.`;
  if (said.trim() === 'none')
    throw new EnvironmentError(`there is no bundle in ${folder} of ${target}`, again);
  const [list = '', after = ''] = said.split(new RegExp(`\n${MARK}(?:\n|$)`));
  const wanted = readSums(list);
  // A name that sha256sum has to escape is none of a bundle's; its file counts as missing.
  const found = new Map(readLines(after).map(({ name, sha256 }) => [name, sha256]));
  const wrong = (wanted ?? [])
    .filter(({ name, sha256 }) => found.get(name) !== sha256 && (found.has(name) || !isPutElsewhere(name)))
    .map(({ name }) => `${name}${found.has(name) ? '' : ' (missing, or not to be read)'}`);
  const why = wanted === undefined ? NO_LIST : notAsListed(wrong);
  if (wanted !== undefined && wrong.length === 0) return;
  throw new EnvironmentError(
    `the bundle ${folder} of ${target} is not whole: ${why}`,
    `Nothing was started. ${again} Where you changed a file on purpose, write its sum into ${folder}/SHA256SUMS.`,
  );
}

function readLines(text: string) {
  return text.split('\n').flatMap((line) => readSums(line) ?? []);
}
