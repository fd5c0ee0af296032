// SPDX-License-Identifier: Apache-2.0
import { type Command, formatCommand } from '../command.ts';
import { EnvironmentError } from '../errors.ts';
import { readText } from '../read-file.ts';
import { type Reach, runOnTarget } from '../tools/ssh.ts';
import { type ProbeQuestion, parseQuestions } from './probe-report.ts';

/** Longest that a board may take, in ms. Measured on no board: its programs are bounded to some 20 s each. */
const PROBE_MS = 300_000;
/** Its answers need not be asked in a terminal, so sudo must not want a password. */
const AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n "$@"; fi';

/** The questions of probe.sh, and what is run on the target. */
export type Probe = {
  readonly questions: readonly ProbeQuestion[];
  readonly words: string;
  /** The same for a person's eyes: the script by its name. */
  readonly shown: string;
};

/**
 * What would be run: the script goes whole as an argument, so nothing has to be there before.
 *
 * @param path of probe.sh
 * @param bundle the folder of run-vm.sh on the target
 */
export async function makeProbe(path: string, bundle: string, isRisky: boolean): Promise<Probe> {
  const script = await readText(path);
  const wordsOf = (text: string) => {
    const asked: Command = ['env', `BPMP_VIRT_BUNDLE=${bundle}`, 'sh', '-c', text, 'probe.sh'];
    return formatCommand(['sh', '-c', AS_ROOT, 'as-root', ...asked, ...(isRisky ? ['--risky'] : [])]);
  };
  return {
    questions: parseQuestions(script),
    words: wordsOf(script),
    shown: wordsOf(`the text of ${path}`),
  };
}

/** The lines of a target, and what ended it before its end. */
export type ProbeRun = { readonly lines: readonly string[]; readonly error?: Error };

/** Ask. Never throws: what a board said before it stopped answering is worth keeping. */
export async function runProbe(
  reach: Reach,
  probe: Probe,
  onLine: (line: string) => void,
  limit = PROBE_MS,
): Promise<ProbeRun> {
  const lines: string[] = [];
  const emit: Reach['emit'] = (event) => {
    if (event.type !== 'output') return reach.emit(event);
    lines.push(event.text);
    onLine(event.text);
  };
  const timeout = AbortSignal.timeout(limit);
  const signal = AbortSignal.any([reach.signal, timeout]);
  try {
    await runOnTarget({ ...reach, emit, signal }, 'probe.sh', probe.words);
    return { lines };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return {
      lines,
      error: timeout.aborted
        ? new EnvironmentError(`no end after ${limit / 1000} s`, 'Look whether the board still answers.', {
            cause,
          })
        : error,
    };
  }
}
