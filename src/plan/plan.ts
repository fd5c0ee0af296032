// SPDX-License-Identifier: Apache-2.0
import type { StepKind, StepOptions } from './step-options.ts';

/** One step of a plan: what to do, under a name that later steps refer to. */
export type PlannedStep = {
  [K in StepKind]: {
    /** Unique in the plan, stable between versions: `kernel-build`. */
    readonly id: string;
    readonly kind: K;
    readonly options: StepOptions[K];
    /** Ids of the steps whose outputs it reads. */
    readonly after: readonly string[];
    /** Ids of steps that must have ended well before it starts, without being read by it: its identity does not depend on them. */
    readonly orderOnly?: readonly string[];
  };
}[StepKind];

/** A whole run as data. `version` changes when an older reader would misread it. */
export type Plan = {
  readonly version: 1;
  readonly recipe: string;
  readonly steps: readonly PlannedStep[];
};
