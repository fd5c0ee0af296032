// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { missingTools, neededTools } from '../../../src/engine/host-tools.ts';
import { type RunOptions, runPlan } from '../../../src/engine/run-plan.ts';
import { EnvironmentError, ExitCode, StepError, UsageError } from '../../../src/errors.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { recorder, type Toy, toyLoader, toyPlan } from '../../helpers/toy-steps.ts';

const DIAMOND = { 'fetch-a': [], b: ['fetch-a'], c: ['fetch-a'], d: ['b', 'c'], e: [] };

/** A work folder in which a plan can be run over and over. */
function bench(name?: string) {
  const work = tmpDir(name);
  const run = async (plan: Plan, toys: Record<string, Toy> = {}, more: Partial<RunOptions> = {}) => {
    const ran: string[] = [];
    const { emit, of, events } = recorder();
    const options: RunOptions = {
      roots: { work, cache: join(work, 'cache'), tool: join(work, 'tool') },
      jobs: 1,
      offline: false,
      url: (address) => address,
      emit,
      signal: new AbortController().signal,
      toolVersion: '1',
      command: 'bpmp-virt build toy',
      redo: [],
      load: toyLoader(plan, toys, ran),
      before: async () => undefined,
      ...more,
    };
    const error: unknown = await runPlan(plan, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { ran: ran.toSorted(), order: ran, error, of, events };
  };
  return { work, run, read: (id: string) => readFileSync(join(work, 'out', id), 'utf8') };
}

test('runs everything once, then nothing', async () => {
  const { run } = bench();
  const first = await run(toyPlan(DIAMOND));
  expect(first.error).toBeUndefined();
  expect(first.ran).toEqual(['b', 'c', 'd', 'e', 'fetch-a']);
  expect(first.order.indexOf('d')).toBeGreaterThan(first.order.indexOf('c'));

  const second = await run(toyPlan(DIAMOND));
  expect(second.ran).toEqual([]);
  expect(second.of('step-skip')).toHaveLength(5);
  expect(second.of('run-done')[0]).toMatchObject({ ran: [], skipped: 5 });
});

test('a changed option runs the step and what rests on it, nothing else', async () => {
  const { run } = bench();
  await run(toyPlan(DIAMOND));
  const { ran, of } = await run(toyPlan(DIAMOND, { b: 'other' }));
  expect(ran).toEqual(['b', 'd']);
  expect(of('run-start')[0]?.todo.map(({ reason }) => reason)).toEqual([
    'its options or inputs changed',
    'b runs',
  ]);
});

test('a changed input runs the step; a touched one does not', async () => {
  const { run, work } = bench();
  const toys = { c: { inputs: ['tool:patch'] } };
  // One that is not there is told of before any step runs.
  expect((await run(toyPlan(DIAMOND), toys)).error).toMatchObject({
    message: expect.stringContaining('patch'),
  });
  mkdirSync(join(work, 'tool'));
  writeFileSync(join(work, 'tool', 'patch'), 'none');
  await run(toyPlan(DIAMOND), toys);
  writeFileSync(join(work, 'patch-of-nobody'), 'x');
  expect((await run(toyPlan(DIAMOND), toys)).ran).toEqual([]);
  writeFileSync(join(work, 'tool', 'patch'), 'one');
  expect((await run(toyPlan(DIAMOND), toys)).ran).toEqual(['c', 'd']);
  writeFileSync(join(work, 'tool', 'patch'), 'one');
  expect((await run(toyPlan(DIAMOND), toys)).ran).toEqual([]);
});

test('another version of the tool, --redo and a lost output run steps again', async () => {
  const { run, work } = bench();
  await run(toyPlan(DIAMOND));
  expect((await run(toyPlan(DIAMOND), {}, { redo: ['c'] })).ran).toEqual(['c', 'd']);
  rmSync(join(work, 'out', 'd'));
  expect((await run(toyPlan(DIAMOND))).ran).toEqual(['d']);
  expect((await run(toyPlan(DIAMOND), {}, { toolVersion: '2' })).ran).toHaveLength(5);
});

test('a failing step keeps what was done, and names log, hint and exit code', async () => {
  const { run, work } = bench();
  const broken: Toy = {
    act: async (ctx) => {
      await ctx.exec(['sh', '-c', 'echo one; echo two >&2; exit 3'], work);
    },
  };
  const { error, of } = await run(toyPlan(DIAMOND), { d: broken });
  expect(error).toMatchObject({ exitCode: ExitCode.step });
  expect(String(error)).toMatch(/make d: sh -c .*exit 3.*\n.*exited 3\n.*one\n.*two\n {2}log: .*d\.log/s);
  expect(of('step-fail')[0]).toMatchObject({ step: 'd' });
  const log = readFileSync(join(work, '.bpmp-virt/logs/d.log'), 'utf8');
  expect(log).toMatch(/^# make d\n\+ cd .* && sh -c .*\none\ntwo\n# failed: /s);

  const again = await run(toyPlan(DIAMOND));
  expect(again.ran).toEqual(['d']);
  expect(readFileSync(join(work, '.bpmp-virt/logs/d.log.1'), 'utf8')).toBe(log);
});

test('the exit code of a usage error inside a step stays that of a usage error', async () => {
  const { run } = bench();
  const wrong: Toy = {
    act: () => {
      throw new UsageError('0001.patch does not apply', 'Rebase it.');
    },
  };
  const { error } = await run(toyPlan(DIAMOND), { e: wrong });
  expect(error).toMatchObject({ exitCode: ExitCode.usage, hint: 'Rebase it.' });
});

test('a step that ends well without its output has failed', async () => {
  const { run } = bench();
  const { error } = await run(toyPlan(DIAMOND), { e: { barren: true } });
  expect(String(error)).toContain('ended without making');
  expect((await run(toyPlan(DIAMOND))).ran).toContain('e');
});

test('a bug in a step is not an expected failure', async () => {
  const { run } = bench();
  const bug: Toy = {
    act: () => {
      throw new TypeError('oops');
    },
  };
  expect((await run(toyPlan(DIAMOND), { e: bug })).error).toBeInstanceOf(TypeError);
});

test('a full disk is told as such, from Node and from a program', async () => {
  const { run } = bench();
  const full: Toy = {
    act: () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    },
  };
  expect(String((await run(toyPlan(DIAMOND), { e: full })).error)).toContain('the disk is full');
  const program: Toy = {
    act: async (ctx) => void (await ctx.exec(['sh', '-c', 'head -c 1 /dev/zero >/dev/full'], '/')),
  };
  const { error } = await run(toyPlan(DIAMOND), { e: program });
  expect(error).toMatchObject({ exitCode: ExitCode.environment });
  expect(String(error)).toContain('the disk is full');
});

test('deferred actions run last one first, also after a failure', async () => {
  const { run } = bench();
  const seen: number[] = [];
  const act: Toy['act'] = (ctx) => {
    ctx.defer(() => void seen.push(1));
    ctx.defer(() => void seen.push(2));
    throw new StepError('no', 'Nothing.');
  };
  await run(toyPlan(DIAMOND), { e: { act } });
  expect(seen).toEqual([2, 1]);
});

test('downloads go on beside a computing step, and a failure stops what runs beside it', async () => {
  const { run } = bench();
  let together = 0;
  let most = 0;
  let stopped = false;
  const wait: Toy = {
    act: async (ctx) => {
      most = Math.max(most, ++together);
      await sleep(10_000, undefined, { signal: ctx.signal }).catch(() => {
        stopped = true;
      });
      together--;
    },
  };
  const fail: Toy = {
    act: async () => {
      await sleep(200);
      throw new StepError('no', 'Nothing.');
    },
  };
  const start = Date.now();
  const plan = toyPlan({ 'fetch-a': [], 'fetch-b': [], c: [], d: [] });
  const { error, ran } = await run(plan, { 'fetch-a': wait, 'fetch-b': wait, c: fail });
  expect(String(error)).toContain('make c: no');
  expect(most).toBe(2);
  expect(stopped).toBe(true);
  expect(ran).not.toContain('d');
  expect(Date.now() - start).toBeLessThan(8_000);
});

test('a second run in the same folder is refused, and told who holds it', async () => {
  const { run, work } = bench();
  let inner: unknown;
  const act: Toy['act'] = async () => {
    inner = (await run(toyPlan({ x: [] }))).error;
  };
  const { error } = await run(toyPlan({ e: [] }), { e: { act } });
  expect(error).toBeUndefined();
  expect(inner).toBeInstanceOf(EnvironmentError);
  expect(String(inner)).toContain(`process ${process.pid}`);
  expect(String(inner)).toContain('`bpmp-virt build toy`');
  expect(existsSync(join(work, 'out/x'))).toBe(false);
});

/** A program that ignores polite signals, starts another that does so too, and writes that one's pid to a file. */
const stubborn = (pidFile: string) =>
  `trap '' TERM INT HUP; sh -c 'echo $$ >"${pidFile}"; exec sleep 300' & while [ ! -s "${pidFile}" ]; do sleep 0.05; done`;

test('processes of a run do not outlive it', async () => {
  const { run, work } = bench();
  const pidFile = join(work, 'pid');
  const act: Toy['act'] = async (ctx) => {
    await ctx.exec(['sh', '-c', `{ ${stubborn(pidFile)}; } >/dev/null 2>&1`], work);
  };
  const { error } = await run(toyPlan({ e: [] }), { e: { act } });
  expect(error).toBeUndefined();
  expect(isAlive(pidFile)).toBe(false);
});

test('Ctrl-C ends programs that ignore it, and the next run goes on', async () => {
  const { run, work } = bench();
  const pidFile = join(work, 'pid');
  const controller = new AbortController();
  const act: Toy['act'] = async (ctx) => {
    const all = ctx.exec(['sh', '-c', `${stubborn(pidFile)}; sleep 300`], work);
    while (!existsSync(pidFile)) await sleep(20);
    await sleep(100);
    controller.abort();
    await all;
  };
  const { error } = await run(toyPlan(DIAMOND), { d: { act } }, { signal: controller.signal });
  expect(error).toMatchObject({ name: 'AbortError' });
  expect(isAlive(pidFile)).toBe(false);
  expect((await run(toyPlan(DIAMOND))).ran).toContain('d');
});

test('what a stopped program left behind with its output is not waited for', async () => {
  const { run, work } = bench();
  const pidFile = join(work, 'pid');
  const controller = new AbortController();
  let stopped = 0;
  const act: Toy['act'] = async (ctx) => {
    const all = ctx.exec(['sh', '-c', `(echo $$ >"${pidFile}"; exec sleep 300) & exec sleep 300`], work);
    while (!existsSync(pidFile)) await sleep(20);
    stopped = Date.now();
    controller.abort();
    await all;
  };
  const { error } = await run(toyPlan({ e: [] }), { e: { act } }, { signal: controller.signal });
  expect(error).toMatchObject({ name: 'AbortError' });
  expect(Date.now() - stopped).toBeLessThan(4_000);
});

function isAlive(pidFile: string): boolean {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(pid).toBeGreaterThan(1);
  // What nobody waits for stays as a zombie where process 1 is not an init: that is dead too.
  return existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

test('names every missing program at once', async () => {
  const { run } = bench();
  const { error, ran } = await run(
    toyPlan(DIAMOND),
    { b: { tools: ['no-such-b', 'sh'] }, e: { tools: ['no-such-e'] } },
    {
      before: async (todo) => {
        const missing = await missingTools(neededTools(todo.map(({ step }) => step)));
        throw new EnvironmentError(missing.join(' '), 'x');
      },
    },
  );
  expect(String(error)).toBe('EnvironmentError: no-such-b no-such-e');
  expect(ran).toEqual([]);
});

test('works in a folder with blanks and quotes in its name', async () => {
  const { run, read } = bench(`it's a "work" folder $HOME`);
  expect((await run(toyPlan(DIAMOND))).error).toBeUndefined();
  expect(read('d')).toContain('d(b(');
});
