// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** The `return` of an answer; undefined for the greeting and for events. */
function returned(line: string): { readonly value: unknown } | undefined {
  const message: unknown = JSON.parse(line);
  if (typeof message !== 'object' || message === null || 'error' in message) throw new Error(line);
  if ('return' in message) return { value: message.return };
  return 'QMP' in message ? { value: undefined } : undefined;
}

/**
 * Ask a stopped QEMU one thing after another over QMP, then end it; gives the answers in order.
 *
 * @throws {Error} with QEMU's own words, where it does not come up
 */
export async function askQemu(
  command: readonly [program: string, ...words: string[]],
  questions: readonly { readonly execute: string; readonly arguments?: object }[],
): Promise<readonly unknown[]> {
  const [program, ...words] = command;
  const options = { reject: false, timeout: 120_000 } as const;
  const child = execa(program, [...words, '-S', '-display', 'none', '-qmp', 'stdio'], options);
  const todo = [{ execute: 'qmp_capabilities' }, ...questions, { execute: 'quit' }];
  const answers: unknown[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = returned(line);
    if (answer === undefined) continue;
    answers.push(answer.value);
    const next = todo.shift();
    if (next !== undefined) child.stdin.write(`${JSON.stringify(next)}\n`);
  }
  const { exitCode, stderr } = await child;
  if (exitCode !== 0) throw new Error(`${program}: ${stderr}`);
  // The first two are the greeting and the answer to qmp_capabilities.
  return answers.slice(2, 2 + questions.length);
}
