// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { StepContext } from './step.ts';

/** This package's files that device trees are made of, as plan paths. */
export const TEMPLATES = 'tool:dts-templates';
export const NOTES = 'tool:recipes/devices';

/** The folders of `#include <dt-bindings/…>` in a kernel tree. */
export function bindings(tree: string, { path }: Pick<StepContext, 'path'>): readonly string[] {
  return [join(path(tree), 'include')];
}
