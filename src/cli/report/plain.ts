// SPDX-License-Identifier: Apache-2.0
import type { RunEvent } from '../../events.ts';
import type { CliContext } from '../context.ts';
import type { Reporter } from './reporter.ts';
import { Running } from './running.ts';
import { duration, progress, summary } from './words.ts';

/** How often the progress of one step makes a line, in ms: a CI log has no use for more. */
const PROGRESS_EVERY_MS = 5_000;
/** A step of which nothing was printed for so long, in ms, gets a line: CI ends jobs that are silent. */
const SIGN_EVERY_MS = 30_000;

/** One line an event, for logs and pipes. `verbose`: also every command, and every line of it. */
export function plainReporter(cli: CliContext, verbose: boolean): Reporter {
  const told = new Map<string, number>();
  const running = new Running();
  const signs = setInterval(() => {
    for (const line of running.lines()) cli.print(`  ${line}`);
  }, SIGN_EVERY_MS).unref();
  const rarely = (event: Extract<RunEvent, { type: 'progress' }>) => {
    const now = Date.now();
    if (now - (told.get(event.what) ?? 0) < PROGRESS_EVERY_MS) return;
    told.set(event.what, now);
    cli.print(`  ${progress(event)}`);
  };
  return {
    emit: (event) => {
      running.see(event);
      const line = lineOf(event, verbose);
      if (line !== undefined) cli.print(line);
      else if (event.type === 'progress') rarely(event);
      else if (event.type === 'warning') cli.warn(`warning: ${event.text}`);
    },
    close: async () => clearInterval(signs),
  };
}

function lineOf(event: RunEvent, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'step-start':
      return `> ${event.step}: ${event.title}`;
    case 'step-done':
      return `  ${event.step} done in ${duration(event.ms)}`;
    case 'step-fail':
      return `  ${event.step} failed`;
    case 'step-stop':
      return `  ${event.step} stopped`;
    case 'note':
      return `  ${event.text}`;
    case 'run-done':
      return summary(event);
    default:
      return verbose ? verboseLineOf(event) : undefined;
  }
}

function verboseLineOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'step-skip':
      return `  ${event.step}: ${event.reason}`;
    case 'command':
      return `+ ${event.line}`;
    case 'output':
      return `| ${event.text}`;
    default:
      return undefined;
  }
}
