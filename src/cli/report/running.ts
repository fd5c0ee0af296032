// SPDX-License-Identifier: Apache-2.0
import type { RunEvent } from '../../events.ts';
import { duration } from './words.ts';

/** The steps that run now: since when, and the last that each of them said. */
export class Running {
  readonly #steps = new Map<string, { readonly since: number; said: string }>();

  /** Take in one event. */
  see(event: RunEvent): void {
    if (!('step' in event) || event.step === undefined) return;
    const { type, step } = event;
    if (type === 'step-start') this.#steps.set(step, { since: Date.now(), said: '' });
    else if (type === 'step-done' || type === 'step-fail' || type === 'step-stop') this.#steps.delete(step);
    const state = this.#steps.get(step);
    if (state !== undefined && (type === 'output' || type === 'note')) state.said = event.text.trim();
  }

  /** `kernel-build, 3 min 05 s: CC kernel/fork.o`; undefined for a step that does not run. */
  line(step: string): string | undefined {
    const state = this.#steps.get(step);
    if (state === undefined) return undefined;
    const head = `${step}, ${duration(Date.now() - state.since)}`;
    return state.said === '' ? head : `${head}: ${state.said}`;
  }

  /** One line for each step that runs. */
  lines(): readonly string[] {
    return [...this.#steps.keys()].flatMap((step) => this.line(step) ?? []);
  }
}
