// SPDX-License-Identifier: Apache-2.0

/** Said while a step runs: the engine adds which one. */
type Remark = { readonly step?: string };

/** Everything the core has to say. The terminal, the log files and `--json` are listeners. */
export type RunEvent =
  | {
      readonly type: 'run-start';
      /** The steps that will run, in plan order. */
      readonly todo: readonly { readonly step: string; readonly title: string; readonly reason: string }[];
      /** How many are done already. */
      readonly skipped: number;
    }
  | {
      readonly type: 'run-done';
      readonly ran: readonly { readonly step: string; readonly ms: number }[];
      readonly skipped: number;
      readonly ms: number;
    }
  | { readonly type: 'step-start'; readonly step: string; readonly title: string }
  | { readonly type: 'step-skip'; readonly step: string; readonly title: string; readonly reason: string }
  | { readonly type: 'step-done'; readonly step: string; readonly title: string; readonly ms: number }
  | {
      readonly type: 'step-fail';
      readonly step: string;
      readonly title: string;
      readonly message: string;
      readonly log: string;
    }
  /** It was stopped because another one failed, or the user said so. */
  | { readonly type: 'step-stop'; readonly step: string; readonly title: string }
  /** The run has ended without reaching its end; what failed where comes before it. */
  | { readonly type: 'run-fail'; readonly message: string }
  | (Remark & { readonly type: 'command'; readonly line: string; readonly cwd: string })
  | (Remark & { readonly type: 'output'; readonly text: string })
  /** `done` and `total` in the same unit (bytes, files); `total` is absent where nobody knows. */
  | (Remark & {
      readonly type: 'progress';
      readonly what: string;
      readonly done: number;
      readonly total?: number;
    })
  | (Remark & { readonly type: 'note'; readonly text: string })
  | (Remark & { readonly type: 'warning'; readonly text: string });

export type Emit = (event: RunEvent) => void;
