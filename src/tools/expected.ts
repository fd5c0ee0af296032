// SPDX-License-Identifier: Apache-2.0
import { BpmpVirtError, EnvironmentError, StepError, UsageError } from '../errors.ts';

/** What the system says → what to do about it. */
const HINTS: Readonly<Record<string, string>> = {
  EACCES:
    'Give yourself the right to it, or name another folder: --work DIR for the work, XDG_CACHE_HOME for the cache.',
  EPERM:
    'Give yourself the right to it, or name another folder: --work DIR for the work, XDG_CACHE_HOME for the cache.',
  EROFS: 'Name a folder that can be written to: --work DIR for the work, XDG_CACHE_HOME for the cache.',
  ENOENT: 'Put it there, or name another path.',
  ENOTDIR: 'A file is where a folder is wanted: move it away, or name another path.',
  EISDIR: 'A folder is where a file is wanted: move it away, or name another path.',
  EEXIST: 'Move away what is there, or name another path.',
  ENAMETOOLONG: 'Name a shorter path.',
  ELOOP: 'Its symlinks lead in a circle: correct them.',
  ENOSPC: 'Make room and run the same command again: it goes on from here.',
  EDQUOT: 'Make room and run the same command again: it goes on from here.',
  EMFILE: 'Allow more open files: ulimit -n 4096.',
  ENOMEM: 'Free memory, or run fewer jobs at once: --jobs 1.',
};

/**
 * An ordinary failure for one that a library or the system threw: the one place that tells them from bugs of ours. What the system
 * refuses is a matter of the machine, what git refuses one of the step, what cannot be parsed one of the input.
 *
 * @returns undefined for what can only be a bug
 */
export function expectedError(error: unknown): BpmpVirtError | undefined {
  if (error instanceof BpmpVirtError) return error;
  if (!(error instanceof Error)) return undefined;
  const { name } = error.constructor;
  // simple-git's and yaml's own classes, by name: both libraries are loaded only where they are used.
  if (/^Git(Plugin|Response)?Error$/.test(name))
    return new StepError(`git: ${error.message.trim()}`, 'git’s own words are above.', { cause: error });
  if (/^YAML(Parse|Semantic)?Error$/.test(name) || error instanceof URIError)
    return new UsageError(error.message, 'Correct the input that is named.', { cause: error });
  if (!('code' in error && 'syscall' in error)) return undefined;
  const hint = HINTS[String(error.code)] ?? 'The system’s own words are above.';
  return new EnvironmentError(error.message, hint, { cause: error });
}
