// SPDX-License-Identifier: Apache-2.0
import { NOWHERE } from '../../scripts/cli-docs.ts';
import type { CliContext } from '../../src/cli/context.ts';

/** A command line without a terminal that says nothing to anybody, but for what `more` has otherwise. */
export function silentCli(more: Partial<CliContext> = {}): CliContext {
  return { ...NOWHERE, ...more };
}
