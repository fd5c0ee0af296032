// SPDX-License-Identifier: Apache-2.0
import { digestPath } from '../../engine/input-digest.ts';
import { VERSION } from '../version.ts';

/**
 * What makes a step of this program another than that of an earlier one: the version, and a digest of the program's files, since
 * the version stays while somebody works on the code.
 */
export async function toolIdentity(): Promise<string> {
  return `${VERSION} ${await digestPath(import.meta.dirname)}`;
}
