// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { derivePolicies } from '../../policy/derive.ts';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';
import { loadHost, VmFlags } from '../flags/host-flags.ts';
import { type PageParts, writePage } from '../report/page.ts';

type RunPart = NonNullable<PageParts['run']>;

/** Writes the page with what the run came to. */
export type WriteRunPage = (run: RunPart) => Promise<void>;

/**
 * The page of a run. It is begun before the machine starts: a path that cannot be had is said then.
 *
 * @throws {UsageError} something else is at the path
 */
export async function beginRunPage(
  file: string,
  recipe: string,
  flags: EmulateFlags,
  cli: CliContext,
): Promise<WriteRunPage> {
  const host = { recipe, work: flags.work };
  const { facts } = await loadHost(host, cli);
  const policies = derivePolicies(await new VmFlags().orRecipe(host, cli), facts);
  const title = `${recipe} in ${flags.emulate === 'orin' ? 'a virtual Orin' : 'an emulated guest'}`;
  const write = (run: RunPart) => writePage(resolve(cli.cwd, file), { title, policies, run });
  await write({ transfers: [] });
  return async (run) => {
    await write(run);
    cli.warn(`The page is ${file}.`);
  };
}
