// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { examine } from '../../deploy/doctor.ts';
import { formatFindings } from '../../deploy/finding.ts';
import { EnvironmentError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';
import { TOOL_ROOT } from '../places.ts';
import { boardReach } from './board-reach.ts';

/** What `doctor` was told. */
export type DoctorFlags = ReachFlags & {
  readonly target: string;
  readonly bundle?: string;
  readonly json?: true;
};

/** Print what the doctor finds on a board. @throws {EnvironmentError} a check failed */
export async function examineBoard(flags: DoctorFlags, cli: CliContext): Promise<void> {
  const isLocal = flags.target === 'local';
  const bundle = flags.bundle !== undefined && isLocal ? resolve(cli.cwd, flags.bundle) : flags.bundle;
  const reach = await boardReach(flags.target, flags, cli);
  const findings = await examine(reach, join(TOOL_ROOT, 'board'), bundle);
  cli.print(flags.json === true ? JSON.stringify(findings, null, 2) : formatFindings(findings));
  const failed = findings.filter((finding) => finding.state === 'fail').length;
  if (failed > 0)
    throw new EnvironmentError(
      `${failed} of ${findings.length} checks failed`,
      'The lines with -> say what fixes each.',
    );
}
