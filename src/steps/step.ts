// SPDX-License-Identifier: Apache-2.0
import type { Emit } from '../events.ts';
import type { StepKind, StepOptions } from '../plan/step-options.ts';
import type { Run } from '../tools/process/exec.ts';

/** Fills an empty folder. */
type Fill = (aside: string) => Promise<void>;
/** What a source is, exactly: a commit, a Debian version or a sha256. */
type SourceIdentity = { readonly from: string; readonly exact: string };

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
  /** Whether the user asked for this very step (`--redo`). */
  readonly asked: boolean;
  /**
   * Fill the source folder `into` whole or not at all, in place of what is there, and write down where it is from. Where something of
   * the user's is in it, it stays: as it is, if it is of the same source and nobody asked for it anew; else the step is refused.
   */
  readonly replaceSource: (into: string, source: SourceIdentity, fill: Fill) => Promise<void>;
  /** The same for a folder of products: what of it is the user's is moved to the work folder's `kept/`, and named. */
  readonly replaceProduct: (into: string, fill: Fill) => Promise<void>;
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
  /** Plan paths that it writes below, where that is more or less than its outputs. */
  readonly writes?: (options: StepOptions[K]) => readonly string[];
  /** Source folders that it replaces whole: looked at for what is the user's before anything starts. */
  readonly replaces?: (options: StepOptions[K]) => readonly string[];
  /** Its outputs serve the steps after it only: where those are done, it does not matter that they are gone. */
  readonly feeds?: true;
  /** Trees of the user's own that it reads: looked at for edits before every build. */
  readonly watches?: (options: StepOptions[K]) => readonly string[];
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
