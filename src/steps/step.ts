// SPDX-License-Identifier: Apache-2.0
import type { Emit } from '../events.ts';
import type { StepKind, StepOptions } from '../plan/step-options.ts';
import type { Run } from '../tools/process/exec.ts';

/** What a running step may touch: its folders, its programs, and nothing an earlier step left in memory. */
export type StepContext = {
  /** The work folder, absolute. */
  readonly work: string;
  /** The shared XDG cache folder, absolute. */
  readonly cache: string;
  /** Absolute path of a path in the plan: `work:…`, `cache:…`, `tool:…` (this package's own files) or absolute. */
  readonly path: (planPath: string) => string;
  /** Run a program to its end; gives its stdout. */
  readonly exec: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly jobs: number;
  /** Only what the cache holds; a step that would need the network fails with what is missing. */
  readonly offline: boolean;
  /** An address of the recipe as this site reaches it: `--mirror` and BPMP_VIRT_MIRROR map prefixes. */
  readonly url: (address: string) => string;
  /** Called when the step ends, however it ends, last one first: what must not outlive the step. */
  readonly defer: (action: () => Promise<void> | void) => void;
};

/** What a step may know when it only says what it would do. */
export type ShellContext = Pick<StepContext, 'path' | 'jobs' | 'url'>;

/** One kind of step. One file each in this folder; `index.ts` lists them. */
export type Step<K extends StepKind = StepKind> = {
  readonly kind: K;
  /** Programs it runs; all are looked for before the first step starts. */
  readonly tools: (options: StepOptions[K]) => readonly string[];
  readonly title: (options: StepOptions[K]) => string;
  /** Plan paths that exist once it is done. A step without one of them has failed, whatever the exit code. */
  readonly outputs: (options: StepOptions[K]) => readonly string[];
  /**
   * Plan paths whose content is an input besides the options (templates, patches, overlays): hashed into the
   * step's identity.
   */
  readonly inputs: (options: StepOptions[K]) => readonly string[];
  /** Whether what is at the outputs is still what `run` made; absent where it is enough that they exist. */
  readonly intact?: (options: StepOptions[K], ctx: Pick<StepContext, 'path'>) => Promise<boolean>;
  /** The same as `run` in POSIX sh lines, for `plan --shell`. */
  readonly shell: (
    options: StepOptions[K],
    ctx: ShellContext,
  ) => readonly string[] | Promise<readonly string[]>;
  readonly run: (options: StepOptions[K], ctx: StepContext) => Promise<void>;
  /** Take back what `run` did to a tree (links, patches, copied files); `bpmp-virt clean --tree` calls it. */
  readonly undo?: (options: StepOptions[K], ctx: StepContext) => Promise<void>;
};
