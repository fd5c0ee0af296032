// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { examine } from '../../deploy/doctor.ts';
import { type Finding, formatFindings } from '../../deploy/finding.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { wrapped } from '../../wrap.ts';
import { type CliContext, lineWidth } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';
import { TOOL_ROOT } from '../places.ts';
import { boardReach } from './board-reach.ts';

/** What `doctor` was told. */
export type DoctorFlags = ReachFlags & {
  readonly target?: string;
  readonly bundle?: string;
  readonly json?: true;
};

const JUDGE_A_BOARD = 'A board is judged with --target ssh://root@BOARD, or there with --target local.';

/** Print what the doctor finds on a board; without a target, on this machine, as what it is. @throws {EnvironmentError} a check failed */
export async function examineBoard(flags: DoctorFlags, cli: CliContext): Promise<void> {
  const { examineWorkstation, isBoard } = await import('./examine-workstation.ts');
  if (flags.target !== undefined || (await isBoard()))
    return tell(await examineTarget(flags.target ?? 'local', flags, cli), flags, cli);
  const forBoards = flags.bundle === undefined ? flags.sshConfig && '--ssh-config' : '--bundle';
  if (forBoards !== undefined)
    throw new UsageError(`${forBoards} is of a board, and none is named`, JUDGE_A_BOARD);
  const findings = await examineWorkstation(cli);
  if (flags.json !== true) cli.warn(wrapped(JUDGE_A_BOARD, lineWidth(cli)).join('\n'));
  tell(findings, flags, cli);
}

async function examineTarget(
  target: string,
  flags: DoctorFlags,
  cli: CliContext,
): Promise<readonly Finding[]> {
  const isLocal = target === 'local';
  const bundle = flags.bundle !== undefined && isLocal ? resolve(cli.cwd, flags.bundle) : flags.bundle;
  return examine(await boardReach(target, flags, cli), join(TOOL_ROOT, 'board'), bundle);
}

function tell(findings: readonly Finding[], { json }: DoctorFlags, cli: CliContext): void {
  cli.print(json === true ? JSON.stringify(findings, null, 2) : formatFindings(findings, lineWidth(cli)));
  const failed = findings.filter((finding) => finding.state === 'fail').length;
  if (failed > 0)
    throw new EnvironmentError(
      `${failed} of ${findings.length} checks failed`,
      'The lines with -> say what fixes each.',
    );
}
