// SPDX-License-Identifier: Apache-2.0
import { Bug } from '../errors.ts';

/** A question of probe.sh. */
export type ProbeQuestion = {
  readonly id: string;
  readonly isRisky: boolean;
  readonly title: string;
  /** The shell function that asks it, as it is run. */
  readonly body: string;
};

/** What became of it. */
export type ProbeAnswer = {
  readonly id: string;
  readonly question: string;
  readonly state: 'answered' | 'not asked' | 'no end';
  /** Why it was not asked, or what came in place of its end. */
  readonly reason?: string;
  readonly answers: Readonly<Record<string, string>>;
};

/** The file that a person sends in. Nothing in it names the owner, the board's serial number or its address. */
export type ProbeReport = {
  readonly format: typeof PROBE_FORMAT;
  readonly version: 1;
  readonly tool: string;
  /** Day, UTC. */
  readonly day: string;
  readonly risky: boolean;
  readonly questions: readonly ProbeAnswer[];
};

export const PROBE_FORMAT = 'bpmp-virt probe';
/** Most answers to one question, and most characters of one; a board that says more is cut off. */
const ANSWERS = 40;
const CHARACTERS = 300;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** The questions of probe.sh, from its own `question` lines. */
export function parseQuestions(script: string): readonly ProbeQuestion[] {
  return [...script.matchAll(/^question (\S+) (safe|risky) '(.+)'$/gm)].map(
    ([, id = '', risk, title = '']) => ({ id, isRisky: risk === 'risky', title, body: bodyOf(script, id) }),
  );
}

function bodyOf(script: string, id: string): string {
  const head = `\nask_${id.replaceAll('-', '_')}() {\n`;
  const at = script.indexOf(head);
  if (at < 0) throw new Bug(`probe.sh has no function for its question ${id}`);
  return script.slice(at + 1, script.indexOf('\n}\n', at) + 2);
}

/**
 * What a board's lines say of each question. Lines of another form, of unknown questions and out of turn are passed over:
 * a board may say anything.
 */
export function parseAnswers(
  lines: readonly string[],
  questions: readonly ProbeQuestion[],
  ended: string | undefined,
): readonly ProbeAnswer[] {
  return questions.map(({ id, title }) => {
    const mine = lines.map((line) => line.split('\t')).filter((fields) => fields[1] === id);
    const answers = mine.flatMap(([kind, , name = '', ...value]): [string, string][] =>
      kind === 'answer' && NAME.test(name) ? [[name, plain(value.join(' '))]] : [],
    );
    const none = mine
      .find(([kind]) => kind === 'none')
      ?.slice(2)
      .join(' ');
    return {
      ...{ id, question: title, ...stateOf(mine, none, ended) },
      answers: Object.fromEntries(answers.slice(0, ANSWERS)),
    };
  });
}

function stateOf(
  mine: readonly (readonly string[])[],
  none: string | undefined,
  ended = 'the board said no more',
): Pick<ProbeAnswer, 'state' | 'reason'> {
  const has = (kind: string) => mine.some((fields) => fields[0] === kind);
  if (none !== undefined) return { state: 'not asked', reason: plain(none) };
  if (!has('begin')) return { state: 'not asked', reason: plain(ended) };
  return has('end') ? { state: 'answered' } : { state: 'no end', reason: plain(ended) };
}

/** One short line without control characters and without what could turn a terminal's writing round. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, CHARACTERS);
}

/** The answers for a person. */
export function formatAnswers(answers: readonly ProbeAnswer[]): string {
  return answers
    .flatMap(({ question, state, reason, answers: said }) => [
      question,
      ...Object.entries(said).map(([name, value]) => `  ${name}: ${value === '' ? '-' : value}`),
      ...(state === 'answered' ? [] : [`  ${state}, because ${reason ?? 'nobody knows'}`]),
    ])
    .join('\n');
}
