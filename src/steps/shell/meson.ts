// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { shellQuote } from '../../command.ts';
import { MESON_ARCHIVE } from '../../tools/build/meson.ts';
import type { ShellContext } from '../step.ts';
import { openAptLines, shellAptLine } from './apt.ts';

/** Lines that find python3 a meson that the QEMU `tree` takes: `wantedMeson` and `mesonEnv` by hand. */
export async function mesonLines(
  tree: string,
  version: string | undefined,
  ctx: ShellContext,
): Promise<readonly string[]> {
  const wanted = shellQuote(join(tree, 'pythondeps.toml'));
  const accepted = String.raw`s/^meson *=.*accepted *= *">=\([0-9.]*\)".*/\1/p`;
  return [
    `if [ -e ${wanted} ]; then`,
    `wanted=$(sed -n '${accepted}' ${wanted})`,
    `if ! printf '%s\\n' "$wanted" "$(/usr/bin/meson --version)" | sort -CV; then`,
    ...(await openAptLines('apt', MESON_ARCHIVE, ctx)),
    shellAptLine('apt', ['apt-get', 'download', version === undefined ? 'meson' : `meson=${version}`]),
    'dpkg-deb -x meson_*.deb meson',
    'PYTHONPATH=$PWD/meson/usr/lib/python3/dist-packages && export PYTHONPATH',
    'fi',
    'fi',
  ];
}
