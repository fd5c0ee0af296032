// SPDX-License-Identifier: Apache-2.0

/**
 * What each kind of step is told. Paths are plan paths: `work:…`, `cache:…`, `tool:…` (files of this package) or
 * absolute; so a plan can be written, read back, compared and run in another work folder.
 */
export type StepOptions = {
  /** Download to `into` (a file). Mirrors in order; sha256 while streaming; resumes. */
  'fetch-archive': {
    readonly urls: readonly string[];
    readonly sha256: string;
    /** sha256 of uploads that were replaced in place → what to tell who has one. */
    readonly superseded: Readonly<Record<string, string>>;
    readonly into: string;
  };
  /** Unpack `archive` so that `into` (a folder) holds it; aside first, renamed when whole. */
  'extract-archive': { readonly archive: string; readonly into: string; readonly strip: number };
};
export type StepKind = keyof StepOptions;

/** One step of a plan: what to do, under a name that later steps refer to. */
export type PlannedStep = {
  [K in StepKind]: {
    /** Unique in the plan, stable between versions: `kernel-build`. */
    readonly id: string;
    readonly kind: K;
    readonly options: StepOptions[K];
    /** Ids of the steps whose outputs it reads. */
    readonly after: readonly string[];
  };
}[StepKind];

/** A whole run as data. `version` changes when an older reader would misread it. */
export type Plan = {
  readonly version: 1;
  readonly recipe: string;
  readonly steps: readonly PlannedStep[];
};
