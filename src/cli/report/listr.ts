// SPDX-License-Identifier: Apache-2.0
import { Listr, type ListrTask } from 'listr2';
import type { RunEvent } from '../../events.ts';
import type { CliContext } from '../context.ts';
import type { Reporter } from './reporter.ts';
import { Running } from './running.ts';
import { duration, progress, summary } from './words.ts';

/** A task of listr2 that ends when its step does. */
type Row = {
  readonly task: ListrTask;
  readonly say: (text: string) => void;
  readonly end: (title: string) => void;
  readonly fail: () => void;
};

/** How often the time of a step that runs is drawn anew, in ms. */
const TICK_MS = 1_000;

/** Live tasks on a terminal. The engine knows nothing of them: each waits for the events of its step. */
export function listrReporter(cli: CliContext): Reporter {
  const rows = new Map<string, Row>();
  let drawn: Promise<unknown> = Promise.resolve();
  let last = '';
  // Drawn rows vanish when their step ends: what was warned of is said again below them.
  const warnings = new Set<string>();
  const running = new Running();
  // Steps that say nothing for long (a download's check, a linker) are seen to go on.
  const clock = setInterval(() => {
    for (const line of running.lines()) for (const row of rows.values()) row.say(line);
  }, TICK_MS).unref();

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
      running.see(event);
      if ('step' in event && event.step !== undefined) drawRow(rows, running, rows.get(event.step), event);
    },
    close: async () => {
      clearInterval(clock);
      for (const row of rows.values()) row.fail();
      await drawn;
      for (const text of warnings) cli.warn(`warning: ${text}`);
      if (last !== '') cli.print(last);
    },
  };
}

/** Steps run beside each other and not always in the plan's order: every row is told of all, only the drawn one is seen. */
function drawRow(
  rows: ReadonlyMap<string, Row>,
  running: Running,
  row: Row | undefined,
  event: RunEvent & { readonly step?: string },
): void {
  const tell = (text: string) => {
    for (const each of rows.values()) each.say(text);
  };
  const { step = '' } = event;
  if (event.type === 'step-done') row?.end(`${event.title} [${duration(event.ms)}]`);
  else if (event.type === 'step-fail' || event.type === 'step-stop') row?.fail();
  else if (event.type === 'warning') tell(`warning: ${event.text}`);
  else if (event.type === 'progress') tell(`${step}: ${progress(event)}`);
  else if (event.type === 'output' || event.type === 'note') tell(running.line(step) ?? event.text);
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
      // listr2 takes no output for a task that has ended.
      say = () => undefined;
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
