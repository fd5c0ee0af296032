// SPDX-License-Identifier: Apache-2.0
import { readPart, sizeOfFile } from '../read-file.ts';
import { LOG_BYTES } from './flash-signatures.ts';

/** The end of a log, as much as is judged. @throws as `readPart` */
export async function tailOf(file: string): Promise<string> {
  const size = await sizeOfFile(file);
  return (await readPart(file, Math.max(0, size - LOG_BYTES), Math.min(size, LOG_BYTES))).toString('utf8');
}
