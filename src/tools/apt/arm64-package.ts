// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { StepError } from '../../errors.ts';
import { exists, listFiles } from '../files/folder.ts';
import type { AptContext } from './apt.ts';
import { unpackPackage } from './apt-package.ts';

const ARCHIVE = {
  mirror: 'http://deb.debian.org/debian',
  suites: ['bookworm', 'bookworm-security'],
  architecture: 'arm64',
} as const;

/**
 * A file of one of Debian's arm64 packages, for emulated machines; the package is unpacked into the cache. Asks the archive
 * only where the cache has none. `wanted` finds the file by its path in the package.
 *
 * @returns the file's absolute path
 * @throws {EnvironmentError} offline, and the package is not in the cache
 * @throws {StepError} the package has no such file
 */
export async function fetchArm64File(name: string, wanted: RegExp, ctx: AptContext): Promise<string> {
  const kept = join(ctx.cache, `${name}-arm64`);
  if (!(await exists(kept))) await unpackPackage({ name }, ARCHIVE, kept, ctx);
  const found = (await listFiles(kept)).find((file) => wanted.test(file));
  if (found !== undefined) return join(kept, found);
  throw new StepError(`${kept} has no ${wanted.source}`, 'Remove that folder and run again.');
}

/** The user land of emulated machines: a static busybox. */
export function fetchBusybox(ctx: AptContext): Promise<string> {
  return fetchArm64File('busybox-static', /(^|\/)bin\/busybox$/, ctx);
}
