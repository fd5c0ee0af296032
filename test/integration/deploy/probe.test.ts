// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { probeCommand } from '../../../src/cli/commands/probe.ts';
import { makeProbe, runProbe } from '../../../src/deploy/probe.ts';
import { parseAnswers } from '../../../src/deploy/probe-report.ts';
import { HEALTHY } from '../../helpers/board/board-tree.ts';
import { board, reset, useBoard, verb } from '../../helpers/board/deploy-board.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const SCRIPT = join(import.meta.dirname, '../../../board/probe.sh');

useBoard();
let output: string;
beforeEach(async () => {
  reset(HEALTHY);
  output = join(await tmpDir(), 'report.json');
});

const probe = (...words: string[]) =>
  verb(probeCommand, [
    ...['--target', board.target, '--ssh-config', board.sshConfig, '--output', output],
    ...words,
  ]);
const report = () => JSON.parse(readFileSync(output, 'utf8'));
/** What the board's sh does in place of the script. */
const says = (text: string) =>
  writeFileSync(join(board.bin, 'sh'), `#!/bin/bash\n${text}\n`, { mode: 0o755 });

test('the file has every question, and nothing of the owner', async () => {
  const { out, error } = await probe();
  expect(error).toBeUndefined();
  const { questions, ...head } = report();
  expect(head).toEqual({
    ...{ format: 'bpmp-virt probe', version: 1, tool: expect.any(String), risky: false },
    day: new Date().toISOString().slice(0, 10),
  });
  expect(questions.map(({ id }: { id: string }) => id)).toEqual(
    (await makeProbe(SCRIPT, '/x', false)).questions.map(({ id }) => id),
  );
  expect(questions[0].answers.release).toBe('R36 (release), REVISION: 3.0');
  expect(out).toContain('not asked, because no interface sends MRQ 1');
  const text = readFileSync(output, 'utf8');
  for (const word of [board.root, '127.0.0.1', board.target]) expect(text).not.toContain(word);
  // A second run writes over the first one's file; nobody else's is touched.
  expect((await probe()).error).toBeUndefined();
  writeFileSync(output, 'mine');
  const { out: shown, error: taken } = await probe();
  expect(taken?.message).toMatch(/not a report of probe/);
  expect(shown).toContain('"format": "bpmp-virt probe"');
  expect(readFileSync(output, 'utf8')).toBe('mine');
});

test('--dry-run shows what is run, and reaches no board', async () => {
  says('touch "$BPMP_VIRT_ROOT/reached"');
  const { out, error } = await probe('--dry-run');
  expect(error).toBeUndefined();
  expect(existsSync(join(board.root, 'reached'))).toBe(false);
  expect(existsSync(output)).toBe(false);
  expect(out).toMatch(/^ssh -F .*the text of .*board\/probe.sh/);
  const script = readFileSync(SCRIPT, 'utf8');
  for (const { body, isRisky, title } of (await makeProbe(SCRIPT, '/x', false)).questions) {
    expect(script).toContain(body);
    expect(out.includes(body), title).toBe(!isRisky);
    expect(out).toContain(title);
  }
  expect(await probe('--dry-run', '--risky').then(({ out: all }) => all)).toContain('devmem 0x310001c');
});

test('what a hostile board says is cut and cleaned, and adds no question', async () => {
  says(`printf 'begin\\tboard\\n'
printf 'answer\\tboard\\t__proto__\\tx\\nanswer\\tboard\\tconstructor\\tx\\nanswer\\tnobody\\tx\\ty\\n'
printf 'answer\\tboard\\trelease\\t\\033[2J\\342\\200\\256evil\\ttwo\\n'
printf 'answer\\tboard\\tkernel\\t%s\\n' "$(head -c 100000 /dev/zero | tr '\\0' a)"
for ((n = 0; n < 500; n++)); do printf 'answer\\tboard\\tn%s\\tv\\n' "$n"; done
head -c 1000 /dev/urandom
printf '\\nend\\tboard\\n'`);
  const { error } = await probe();
  expect(error).toBeUndefined();
  const [first, second] = report().questions;
  expect(first.state).toBe('answered');
  expect(Object.keys(first.answers)).toHaveLength(40);
  expect(first.answers.release).toBe('[2J evil two');
  expect(first.answers.kernel).toHaveLength(300);
  expect(second).toMatchObject({ state: 'not asked', reason: 'the board said no more', answers: {} });
});

test('a board that dies of a question leaves the answers before it, and the question', async () => {
  says(
    `printf 'begin\\tboard\\nanswer\\tboard\\tkernel\\t6.12\\nend\\tboard\\nbegin\\tgated-access\\n'; exit 255`,
  );
  const { error } = await probe('--risky');
  expect(error?.message).toMatch(/stopped answering/);
  const { questions, risky } = report();
  expect(risky).toBe(true);
  expect(questions[0]).toMatchObject({ state: 'answered', answers: { kernel: '6.12' } });
  expect(questions.at(-1)).toMatchObject({ id: 'gated-access', state: 'no end' });
});

test('a board that cannot be reached leaves no file', async () => {
  const { error } = await verb(probeCommand, ['--target', 'ssh://127.0.0.1:1', '--output', output]);
  expect(error?.message).toMatch(/no connection/);
  expect(existsSync(output)).toBe(false);
});

test('one that hangs is left after the time limit', async () => {
  const hung = { questions: (await makeProbe(SCRIPT, '/x', false)).questions, shown: '' };
  const reach = {
    target: { kind: 'local' },
    signal: new AbortController().signal,
    emit: () => undefined,
  } as const;
  const run = await runProbe(
    reach,
    { ...hung, words: 'printf "begin\\tboard\\n"; sleep 60' },
    () => undefined,
    500,
  );
  expect(run.error?.message).toBe('no end after 0.5 s');
  expect(parseAnswers(run.lines, hung.questions, 'x')[0]).toMatchObject({ state: 'no end', reason: 'x' });
});
