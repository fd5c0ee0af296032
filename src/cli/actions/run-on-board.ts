// SPDX-License-Identifier: Apache-2.0

import { formatCommand } from '../../command.ts';
import { requireSumsOnBoard } from '../../deploy/board-sums.ts';
import { StepError, UsageError } from '../../errors.ts';
import { BOARD_FOLDER } from '../../launch/unit-files.ts';
import { VM_VARIABLES } from '../../launch/vm-settings.ts';
import { vmNameProblem } from '../../recipe/vm-name.ts';
import { runInteractive } from '../../tools/process/interactive.ts';
import { sshCommand } from '../../tools/ssh.ts';
import type { CliContext } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';
import { boardReach } from './board-reach.ts';

/** Flags of `run --target`. */
export type TargetFlags = ReachFlags & {
  readonly target: string;
  /** A machine other than the bundle's first. */
  readonly vm?: string;
  readonly bundle?: string;
  readonly set: readonly string[];
  readonly dryRun?: true;
};

/**
 * Run run-vm.sh on a board, on this terminal, once the bundle there is found to be whole.
 *
 * @throws {UsageError} a setting is none of run-vm.sh's
 * @throws {EnvironmentError} the board is not reached, or has no bundle, or not as its SHA256SUMS has it
 * @throws {StepError} the launcher refused, or QEMU failed
 */
export async function runOnBoard(flags: TargetFlags, cli: CliContext): Promise<void> {
  const reach = await boardReach(flags.target, flags, cli);
  const bundle = flags.bundle ?? BOARD_FOLDER;
  const folder = [bundle, ...(flags.vm === undefined ? [] : [flags.vm])].join('/');
  if (flags.vm !== undefined) checkName(flags.vm);
  for (const setting of flags.set) checkSetting(setting);
  await requireSumsOnBoard(reach, bundle, flags.target);
  const script = [
    'env',
    ...flags.set,
    `${folder}/run-vm.sh`,
    ...(flags.dryRun === true ? ['--dry-run'] : []),
  ] as const;
  const asRoot = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo "$@"; fi';
  const words = formatCommand(['sh', '-c', asRoot, 'as-root', ...script]);
  const code = await runInteractive(sshCommand(reach, words, cli.isTerminal), cli.cwd);
  if (code === 0) return;
  throw new StepError(
    `run-vm.sh ended with ${code}`,
    `\`bpmp-virt doctor --target ${flags.target}\` looks for the cause.`,
  );
}

function checkSetting(setting: string): void {
  const name = setting.replace(/=.*$/s, '');
  if (name === 'VM_NAME' && setting.includes('=')) checkName(setting.slice('VM_NAME='.length));
  if (setting.includes('=') && Object.hasOwn(VM_VARIABLES, name)) return;
  throw new UsageError(
    `'${setting}' is not a setting of run-vm.sh`,
    `Write NAME=VALUE; the names are ${Object.keys(VM_VARIABLES).join(', ')}.`,
  );
}

/** It becomes part of a path that run-vm.sh removes as root. */
function checkName(name: string): void {
  const problem = vmNameProblem(name);
  if (problem === undefined) return;
  throw new UsageError(`the name of a machine ${problem}: '${name}'`, 'Choose another name.');
}
