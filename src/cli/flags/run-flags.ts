// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { jobs } from './numbers.ts';

/** Flags of the verbs that run or plan something. */
export type WorkFlags = { readonly work: string };
export type RunFlags = WorkFlags & {
  readonly jobs: number;
  readonly offline?: true;
  readonly mirror: readonly string[];
  readonly verbose?: true;
  readonly json?: true;
};

/** What a verb does that has no such flags. */
export const RUN_DEFAULTS = { jobs: availableParallelism(), mirror: [] } as const;

/** The work folder where none is named. */
export const DEFAULT_WORK = 'work';

/** `--work`. */
export function withWorkFlag(command: Command): Command {
  return command.option('--work <dir>', 'folder that everything is made in', DEFAULT_WORK);
}

/** `--work`, `--jobs`, `--offline` and `--mirror`. */
export function withRunFlags(command: Command): Command {
  return withFetchFlags(
    withWorkFlag(command).addOption(
      new Option('--jobs <n>', 'processes that a build may use at once')
        .argParser(jobs)
        .default(RUN_DEFAULTS.jobs),
    ),
  );
}

/** `--offline` and `--mirror`. */
export function withFetchFlags(command: Command): Command {
  return command
    .option('--offline', 'use what the cache holds and no network')
    .option(
      '--mirror <prefix=url>',
      'fetch from another place what lies below a prefix; may be repeated (also: BPMP_VIRT_MIRROR)',
      collect,
      RUN_DEFAULTS.mirror,
    );
}

/** Parser of an option that may be repeated. */
export function collect(word: string, before: readonly string[]): readonly string[] {
  return [...before, word];
}
