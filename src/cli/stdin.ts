// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { createInterface } from 'node:readline';

/** Give `onLine` each line of standard input until it ends or `signal` says so. */
export async function readStdinLines(onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  for await (const line of lines) onLine(line);
}

/**
 * Let `onBytes` have every key as it is pressed; the terminal neither echoes nor makes lines. Nothing where standard
 * input is not a terminal.
 *
 * @returns puts the terminal back
 */
export function rawKeys(onBytes: (bytes: Buffer) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  stdin.setRawMode(true);
  stdin.on('data', onBytes).resume();
  return () => {
    stdin.off('data', onBytes).pause();
    stdin.setRawMode(false);
  };
}

/** Whether standard input is a terminal. */
export function hasKeys(): boolean {
  return process.stdin.isTTY === true;
}
