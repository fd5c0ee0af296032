// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder, deleted when the test ends. `name` may hold what a path must survive: spaces, quotes. */
export function tmpDir(name = 'bpmp-virt', below = tmpdir()): string {
  const folder = realpathSync(mkdtempSync(join(below, `${name}-`)));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
