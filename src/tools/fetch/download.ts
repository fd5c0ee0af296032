// SPDX-License-Identifier: Apache-2.0
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EnvironmentError, StepError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import { exists } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { isCode, setAside, syncFolder } from '../files/write-file.ts';
import { HttpStatus, receive, sizeOf } from './http.ts';
import { ATTEMPTS, pauseMs } from './retry-after.ts';

export type Download = {
  /** The same file in several places, asked in order; as this site reaches them. */
  readonly urls: readonly string[];
  readonly sha256: string;
  /** sha256 of uploads that were replaced in place → what to tell who has one. */
  readonly superseded: Readonly<Record<string, string>>;
  readonly into: string;
};

export type DownloadContext = {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly offline: boolean;
  /** ms between two attempts at one address; grows with each. A server may ask for more. */
  readonly pauseMs?: number;
};

/**
 * Bring a file to `into`: from what an interrupted run left (`into`.part), from the addresses in order. It is hashed while
 * it comes, and has its name only when the hash holds; a file with another hash is set aside under a name with that hash.
 * A file that has its name already is not read again: who unpacks it hashes it on the way.
 *
 * @throws {EnvironmentError} offline, and it is not there
 * @throws {StepError} no address has it; says what each answered
 */
export async function download(wanted: Download, ctx: DownloadContext): Promise<void> {
  const { into, sha256, urls } = wanted;
  await makeFolder(dirname(into));
  if (await exists(into)) return;
  if (ctx.offline) {
    throw new EnvironmentError(
      `${into} is not there, and the network may not be used`,
      `Bring ${urls[0]} there.`,
    );
  }
  const problems: string[] = [];
  for (const url of urls) {
    const problem = await tryAddress(url, wanted, ctx);
    if (problem === undefined) return;
    ctx.emit({ type: 'warning', text: `${url}: ${problem}` });
    problems.push(`  ${url}\n    ${problem}`);
  }
  throw new StepError(
    `no address has the file that is wanted (sha256 ${sha256}):\n${problems.join('\n')}`,
    'Map an address to a place that has it with --mirror FROM=TO, or put the file there by hand.',
  );
}

/** Fetch from one address; what came so far is kept between attempts. Gives what is wrong, or undefined. */
async function tryAddress(url: string, wanted: Download, ctx: DownloadContext): Promise<string | undefined> {
  let last: Failure | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    last = await tryOnce(url, wanted, ctx);
    if (last === undefined || !last.again || attempt === ATTEMPTS) break;
    const wait = pauseMs(attempt, last.askedMs, ctx.pauseMs);
    if (wait === undefined) break;
    await pause(wait, undefined, { signal: ctx.signal });
  }
  return last?.problem;
}

/** What went wrong, whether asking the same address once more may help, and how long the server asks to wait before that. */
type Failure = { readonly problem: string; readonly again: boolean; readonly askedMs: number };

async function tryOnce(url: string, wanted: Download, ctx: DownloadContext): Promise<Failure | undefined> {
  const part = partOf(wanted);
  const resumed = (await sizeOf(part)) > 0;
  try {
    const found = await receive(url, part, ctx);
    if (found === wanted.sha256) {
      await rename(part, wanted.into);
      await syncFolder(dirname(wanted.into));
      return undefined;
    }
    const bad = await setAside(part, wanted.into, found);
    // Two halves of different files have a hash of neither: only a whole one tells what the server has.
    return { problem: describeHash(found, wanted, bad), again: resumed, askedMs: 0 };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (isCode(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS')) throw error;
    return {
      problem: error instanceof Error ? error.message : String(error),
      again: !(error instanceof HttpStatus && error.isFinal),
      askedMs: error instanceof HttpStatus ? error.waitMs : 0,
    };
  }
}

function partOf({ into }: Download): string {
  return `${into}.part`;
}

function describeHash(found: string, { superseded }: Download, bad: string): string {
  const known = superseded[found];
  const what = known === undefined ? 'not the file that is wanted' : `superseded: ${known.trim()}`;
  return `has sha256 ${found}: ${what}; set aside as ${bad}`;
}
