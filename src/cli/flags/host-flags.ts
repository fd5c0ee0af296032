// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import type { VmRequest } from '../../policy/derive.ts';
import type { CliContext } from '../context.ts';
import { pathRoots, recipePlace, TOOL_ROOT } from '../places.ts';

/** Flags that say which host is meant. */
export type HostFlags = {
  readonly dtb?: string;
  readonly recipe?: string;
  readonly kernel?: string;
  readonly work: string;
  readonly json?: true;
};

/** Add them to a verb. */
export function withHostFlags(command: Command): Command {
  return command
    .option('--dtb <file>', "the host's compiled device tree")
    .option('--recipe <name>', 'a recipe: its device tree, as it was built in the work folder, and its VMs')
    .option('--kernel <tree>', 'kernel tree whose dt-bindings name the ids (default: those we carry)')
    .option('--work <dir>', 'work folder of the recipe', 'work');
}

/** The tree that the firmware gave to the running kernel. */
const RUNNING = '/sys/firmware/fdt';

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** The recipe that is named, if one is. */
async function recipeOf(flags: HostFlags, cli: CliContext) {
  if (flags.recipe === undefined) return undefined;
  const { loadRecipe } = await import('../../recipe/load.ts');
  return (await loadRecipe(flags.recipe, recipePlace(cli))).recipe;
}

/** The file with the host's tree: `--dtb`, else the recipe's, else that of the running board. */
async function hostTreeFile(flags: HostFlags, cli: CliContext): Promise<string> {
  if (flags.dtb !== undefined) return resolve(cli.cwd, flags.dtb);
  const recipe = await recipeOf(flags, cli);
  if (recipe !== undefined) {
    const { hostTreePath } = await import('../../plan/vm-steps.ts');
    const { resolvePlanPath } = await import('../../plan/plan-paths.ts');
    const file = resolvePlanPath(hostTreePath(recipe), pathRoots(flags.work, cli));
    if (await isThere(file)) return file;
    throw new UsageError(
      `the device tree of ${flags.recipe} is not built: ${file}`,
      `Run \`bpmp-virt build ${flags.recipe}\`, or name a compiled tree with --dtb.`,
    );
  }
  if (await isThere(RUNNING)) return RUNNING;
  throw new UsageError(
    'which host? This machine has no device tree',
    'Name one with --dtb FILE or --recipe NAME; on a Jetson its own is taken.',
  );
}

/** The host that the flags mean, with all that policies are derived from, and the name of its tree. */
export async function loadHost(flags: HostFlags, cli: CliContext) {
  const { loadHostFacts } = await import('../../tools/dtc/host-tree.ts');
  const file = await hostTreeFile(flags, cli);
  const facts = await loadHostFacts({
    dtb: file,
    notes: resolve(TOOL_ROOT, 'recipes/devices'),
    ...(file === RUNNING ? { commandLine: '/proc/cmdline' } : {}),
    ...(flags.kernel === undefined ? {} : { kernelTree: resolve(cli.cwd, flags.kernel) }),
  });
  return { file, facts };
}

/** VMs in the order of the command line: each `--device` goes to the `--vm` before it. */
export class VmFlags {
  readonly requests: { name: string; devices: string[]; keepOff: boolean }[] = [];

  addTo(command: Command): Command {
    return command
      .option('--vm <name>', 'the VM that the following --device go to; may be repeated', (name: string) => {
        this.requests.push({ name, devices: [], keepOff: true });
        return name;
      })
      .option(
        '--device <name>',
        'device of the VM: label, node, path or name in sysfs; a ! behind it forces',
        (name: string) => {
          if (this.requests.length === 0) this.requests.push({ name: 'vm', devices: [], keepOff: true });
          this.requests.at(-1)?.devices.push(name);
          return name;
        },
      )
      .option('--no-keep-off', 'the host’s drivers have the devices of the VM before it until the VM starts')
      .on('option:no-keep-off', () => {
        const last = this.requests.at(-1);
        if (last !== undefined) last.keepOff = false;
      });
  }

  /** What was asked for; nothing: the VMs of the recipe. */
  async orRecipe(flags: HostFlags, cli: CliContext): Promise<readonly VmRequest[]> {
    if (this.requests.length > 0) return this.requests;
    const recipe = await recipeOf(flags, cli);
    if (recipe !== undefined)
      return recipe.vms.map(({ name, devices, keepOff, accept }) => ({
        name,
        devices,
        keepOff,
        ...(accept === undefined ? {} : { accept }),
      }));
    throw new UsageError('for which devices?', 'Add --device uarta, or --recipe NAME for those of a recipe.');
  }
}
