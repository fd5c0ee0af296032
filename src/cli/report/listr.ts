// SPDX-License-Identifier: Apache-2.0
import { Listr, type ListrTask } from 'listr2';
import type { RunEvent } from '../../events.ts';
import type { CliContext } from '../context.ts';
import type { Reporter } from './reporter.ts';
import { duration, progress, summary } from './words.ts';

/** A task of listr2 that ends when its step does. */
type Row = {
  readonly task: ListrTask;
  readonly say: (text: string) => void;
  readonly end: (title: string) => void;
  readonly fail: () => void;
};

/** Live tasks on a terminal. The engine knows nothing of them: each waits for the events of its step. */
export function listrReporter(cli: CliContext): Reporter {
  const rows = new Map<string, Row>();
  let drawn: Promise<unknown> = Promise.resolve();
  let last = '';
  // Drawn rows vanish when their step ends: what was warned of is said again below them.
  const warnings = new Set<string>();

  const start = (event: Extract<RunEvent, { type: 'run-start' }>) => {
    for (const { step, title } of event.todo) rows.set(step, makeRow(title));
    const tasks = [...rows.values()].map((row) => row.task);
    if (tasks.length === 0) return;
    // Ctrl-C is main.ts's: listr2's own handler would end the process at once, with 127.
    const options = {
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false, collapseSubtasks: false },
    };
    drawn = new Listr(tasks, { ...options, concurrent: false, exitOnError: true })
      .run()
      .catch(() => undefined);
  };

  return {
    emit: (event) => {
      if (event.type === 'run-start') start(event);
      else if (event.type === 'run-done') last = summary(event);
      if (event.type === 'warning') warnings.add(event.text);
      if ('step' in event && event.step !== undefined) drawRow(rows, rows.get(event.step), event);
    },
    close: async () => {
      for (const row of rows.values()) row.fail();
      await drawn;
      for (const text of warnings) cli.warn(`warning: ${text}`);
      if (last !== '') cli.print(last);
    },
  };
}

function drawRow(rows: ReadonlyMap<string, Row>, row: Row | undefined, event: RunEvent): void {
  if (event.type === 'step-done') row?.end(`${event.title} [${duration(event.ms)}]`);
  else if (event.type === 'step-fail' || event.type === 'step-stop') row?.fail();
  else if (event.type === 'output' || event.type === 'note') row?.say(event.text);
  else if (event.type === 'warning') row?.say(`warning: ${event.text}`);
  else if (event.type === 'progress') {
    // Downloads run beside the task that is drawn: every row is told, only the active one is seen.
    for (const other of rows.values()) other.say(progress(event));
  }
}

function makeRow(title: string): Row {
  let ended: () => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  let say: (text: string) => void = () => undefined;
  let finalTitle = title;
  const done = new Promise<void>((resolve, reject) => {
    ended = resolve;
    failed = reject;
  });
  // A step that fails before its task was drawn is nobody's unhandled rejection.
  done.catch(() => undefined);
  const task: ListrTask = {
    title,
    task: async (_context, wrapper) => {
      say = (text) => {
        wrapper.output = text;
      };
      await done;
      wrapper.title = finalTitle;
    },
  };
  return {
    task,
    say: (text) => say(text),
    end: (text) => {
      finalTitle = text;
      ended();
    },
    fail: () => failed(new Error(title)),
  };
}
