// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { formatCommand } from '../command.ts';
import { CommandError } from '../errors.ts';
import { BOARD_FOLDER } from '../launch/unit-files.ts';
import { readText } from '../read-file.ts';
import { type Reach, runOnTarget } from '../tools/ssh.ts';
import { type Finding, parseFindings } from './finding.ts';

/** doctor.sh's exit code where a check failed: its lines are the answer, not an error. */
const FOUND_FAILURES = 'exited 3';

/**
 * Run doctor.sh on a target, sent whole as an argument: nothing has to be there before.
 *
 * @param boardFolder this package's board/
 * @param bundle the folder of run-vm.sh there
 * @throws what `runOnTarget` throws
 */
export async function examine(
  reach: Reach,
  boardFolder: string,
  bundle = BOARD_FOLDER,
): Promise<readonly Finding[]> {
  const script = await readText(join(boardFolder, 'doctor.sh'));
  const words = formatCommand(['env', `BPMP_VIRT_BUNDLE=${bundle}`, 'sh', '-c', script, 'doctor.sh']);
  const lines: string[] = [];
  const emit: Reach['emit'] = (event) => {
    if (event.type === 'output') lines.push(event.text);
    else reach.emit(event);
  };
  try {
    await runOnTarget({ ...reach, emit }, 'doctor.sh', words);
  } catch (error) {
    if (!(error instanceof CommandError && error.failure.status === FOUND_FAILURES)) throw error;
  }
  return parseFindings(lines.join('\n'));
}
