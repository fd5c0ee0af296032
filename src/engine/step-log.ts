// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunEvent } from '../events.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { stateFolder } from './state.ts';

/** Where a step's log is. */
function logFile(work: string, id: string): string {
  return join(stateFolder(work), 'logs', `${id}.log`);
}

/** The log of one run of one step. */
export type StepLog = {
  readonly file: string;
  readonly add: (event: RunEvent) => void;
  readonly close: () => void;
};

/**
 * Start a step's log; the one of the run before stays as `ID.log.1`. Lines are written as they come and not gathered
 * first: whatever kills the tool, all that a program said is there.
 */
export async function openLog(work: string, id: string, title: string): Promise<StepLog> {
  const file = logFile(work, id);
  await makeFolder(dirname(file));
  try {
    renameSync(file, `${file}.1`);
  } catch {
    // The first run of this step.
  }
  const fd = openSync(file, 'w');
  const write = (line: string) => writeSync(fd, `${line}\n`);
  write(`# ${title}`);
  return {
    file,
    add: (event) => {
      const line = lineOf(event);
      if (line !== undefined) write(line);
    },
    close: () => closeSync(fd),
  };
}

function lineOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'command':
      return `+ cd ${event.cwd} && ${event.line}`;
    case 'output':
      return event.text;
    case 'note':
      return `# ${event.text}`;
    case 'warning':
      return `# warning: ${event.text}`;
    case 'step-done':
      return `# done in ${(event.ms / 1000).toFixed(1)} s`;
    case 'step-stop':
      return '# stopped';
    case 'step-fail':
      return `# failed: ${event.message}`;
    default:
      return undefined;
  }
}
