// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { formatCommand } from '../../command.ts';
import { makeProbe, type Probe, runProbe } from '../../deploy/probe.ts';
import { formatAnswers, PROBE_FORMAT, type ProbeReport, parseAnswers } from '../../deploy/probe-report.ts';
import { StepError } from '../../errors.ts';
import { BOARD_FOLDER } from '../../launch/unit-files.ts';
import { openOutput } from '../../tools/files/output-file.ts';
import { type Reach, readableCommand } from '../../tools/ssh.ts';
import type { CliContext } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';
import { TOOL_ROOT } from '../places.ts';
import { VERSION } from '../version.ts';
import { boardReach } from './board-reach.ts';

/** What `probe` was told. */
export type ProbeFlags = ReachFlags & {
  readonly target: string;
  readonly bundle?: string;
  readonly output: string;
  readonly risky?: true;
  readonly dryRun?: true;
};

/**
 * Ask the board and write the file.
 *
 * @throws {StepError} the board stopped answering; what it had said is in the file
 */
export async function probeBoard(flags: ProbeFlags, cli: CliContext): Promise<void> {
  const reach = await boardReach(flags.target, flags, cli);
  const script = join(TOOL_ROOT, 'board/probe.sh');
  const probe = await makeProbe(script, flags.bundle ?? BOARD_FOLDER, flags.risky === true);
  if (flags.dryRun === true) return cli.print(describe(reach, probe, script, flags));

  const { lines, error } = await runProbe(reach, probe, (line) => {
    const [kind, id] = line.split('\t');
    const question = probe.questions.find((each) => each.id === id);
    if (kind === 'begin' && question !== undefined) cli.warn(question.title);
  });
  cli.signal.throwIfAborted();
  if (error !== undefined && !lines.some((line) => line.startsWith('begin\t'))) throw error;
  const report: ProbeReport = {
    ...{ format: PROBE_FORMAT, version: 1, tool: VERSION, day: new Date().toISOString().slice(0, 10) },
    risky: flags.risky === true,
    // Not the error's own words: they name the board.
    questions: parseAnswers(
      lines,
      probe.questions,
      error === undefined ? undefined : 'the connection ended, or the board stopped answering',
    ),
  };
  await write(report, resolve(cli.cwd, flags.output), cli);
  if (error === undefined) return;
  throw new StepError(
    `the board stopped answering: ${error.message}`,
    `What it had said is in ${flags.output}. The question without an end is worth as much as an answer: send it in.`,
  );
}

async function write(report: ProbeReport, path: string, cli: CliContext): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const isOurs = (head: string) => head.startsWith(`{\n  "format": "${PROBE_FORMAT}"`);
  try {
    const file = await openOutput(path, { what: 'a report of probe', isOurs });
    await file.writeFile(text).finally(() => file.close());
  } catch (error) {
    // Five minutes of a board's time are not lost for a file that is in the way.
    cli.print(text);
    throw error;
  }
  cli.print(
    `${formatAnswers(report.questions)}\n\n${path} has these lines and nothing else: read it, and send it in.`,
  );
}

/** Everything that would be run, by question. */
function describe(reach: Reach, probe: Probe, path: string, { risky }: ProbeFlags): string {
  const isAsked = (question: { readonly isRisky: boolean }) => risky === true || !question.isRisky;
  const asked = probe.questions.filter(isAsked).map(({ title, body }) => `# ${title}\n${body}`);
  const refused = probe.questions.filter((each) => !isAsked(each)).map(({ title }) => `#   ${title}`);
  return [
    formatCommand(readableCommand(reach, probe.shown)),
    `\n# The functions of ${path} that ask, in this order; the small ones that they call are above them there.\n`,
    asked.join('\n\n'),
    ...(refused.length === 0
      ? []
      : ['\n# Not asked without --risky, since it could stop the host:', ...refused]),
  ].join('\n');
}
