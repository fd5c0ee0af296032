// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { requireSums } from '../../deploy/bundle-sums.ts';
import { runPlan } from '../../engine/run-plan.ts';
import { UsageError } from '../../errors.ts';
import { LAYOUT, QEMU_PROGRAM } from '../../plan/layout.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import { type PathRoots, resolvePlanPath } from '../../plan/plan-paths.ts';
import type { StepOptions } from '../../plan/step-options.ts';
import { loadStep } from '../../steps/index.ts';
import { fetchBusybox } from '../../tools/apt/arm64-package.ts';
import { exists } from '../../tools/files/folder.ts';
import { exec } from '../../tools/process/exec.ts';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';
import { mirrorMap } from '../flags/mirrors.ts';
import { pathRoots } from '../places.ts';
import { buildPlan } from './build-plan.ts';
import { requireTools } from './host-check.ts';
import { toolIdentity } from './tool-identity.ts';

/** Everything an emulated machine is made of; absolute paths. */
export type Products = {
  readonly qemu: string;
  readonly kernel: string;
  readonly bundle: string;
  /** Tree of the guest or of the virtual Orin. */
  readonly dtb: string;
  /** Of the emulated machine. */
  readonly cpus: number;
  /** Of the guest, as the recipe has it. */
  readonly platformBus?: string;
  /** Tree of the guest inside the virtual Orin, where it is not the bundle's. */
  readonly innerDtb?: string;
  readonly busybox: string;
  readonly folder: string;
  readonly guestScripts: string;
};

/** Memory of the host inside the virtual Orin: the guest's, its kernel, QEMU and the bundle in an initramfs. */
export const ORIN_MEMORY = '1536M';
const ORIN_CPUS = 2;

type GuestTree = StepOptions['render-guest-tree'];

/**
 * Find what `build` made, and make the rest: the device tree for this machine and busybox.
 *
 * @throws {UsageError} nothing was built yet, or the recipe has no virtual machine
 */
export async function findProducts(recipe: string, flags: EmulateFlags, cli: CliContext): Promise<Products> {
  const roots = pathRoots(flags.work, cli);
  const at = (path: string) => resolvePlanPath(path, roots);
  const products = {
    qemu: at(`${LAYOUT.qemuBuild}/${QEMU_PROGRAM}`),
    kernel: at(LAYOUT.image),
    bundle: at(LAYOUT.bundle),
    folder: flags.logs === undefined ? at(`work:emulate/${flags.emulate}`) : resolve(cli.cwd, flags.logs),
    guestScripts: at('tool:guest'),
  };
  const wanted = [products.qemu, products.kernel, ...(flags.emulate === 'orin' ? [products.bundle] : [])];
  for (const path of wanted) {
    if (await exists(path)) continue;
    throw new UsageError(
      `${path} is not there`,
      `Build it first: bpmp-virt build ${recipe} --work ${flags.work}`,
    );
  }
  if (flags.emulate === 'orin') await requireSums(products.bundle);
  const options = await guestTreeOptions(recipe, cli);
  const { platformBus } = options.machine;
  const cpus = flags.smp ?? options.machine.cpus;
  const steps = treeSteps(
    flags,
    { ...options, machine: { ...options.machine, cpus, memory: flags.mem } },
    at,
  );
  await runSteps(steps, { ...roots, work: at('work:emulate') }, flags, cli);
  const ctx = {
    run: (command: Parameters<typeof exec>[0], cwd: string) =>
      exec(command, cwd, { emit: () => undefined, signal: cli.signal }),
    cache: roots.cache,
    offline: flags.offline === true,
    url: mirrorMap(flags.mirror, cli.env.BPMP_VIRT_MIRROR),
    signal: cli.signal,
  };
  return {
    ...products,
    dtb: at(`work:emulate/${flags.emulate}.dtb`),
    cpus: flags.emulate === 'orin' ? ORIN_CPUS : cpus,
    ...(platformBus === undefined ? {} : { platformBus }),
    ...(flags.emulate === 'orin' && flags.smp !== undefined
      ? { innerDtb: at('work:emulate/guest.dtb') }
      : {}),
    busybox: await fetchBusybox(ctx),
  };
}

/** How the recipe's first guest tree is made. */
async function guestTreeOptions(recipe: string, cli: CliContext): Promise<GuestTree> {
  const { plan } = await buildPlan(recipe, [], cli);
  for (const step of plan.steps) if (step.kind === 'render-guest-tree') return step.options;
  throw new UsageError(
    `recipe ${recipe} has no virtual machine that reaches the BPMP through the window`,
    'Emulated machines run no other yet: take a recipe without transport: scmi.',
  );
}

/** The steps that make the trees of these very machines, with absolute paths: they work in a folder of their own. */
function treeSteps(
  { emulate, smp }: EmulateFlags,
  options: GuestTree,
  at: (path: string) => string,
): readonly PlannedStep[] {
  const places = { dtb: at(options.dtb), tree: at(options.tree), qemu: at(options.qemu) };
  const guest: PlannedStep = {
    id: 'guest-tree',
    kind: 'render-guest-tree',
    options: { ...options, ...places, into: at('work:emulate/guest.dtb') },
    after: [],
  };
  if (emulate === 'guest') return [guest];
  const machine = { memory: ORIN_MEMORY, cpus: ORIN_CPUS };
  const vms = [options.vm, ...options.otherVms];
  const orin: PlannedStep = {
    id: 'orin-tree',
    kind: 'render-orin-tree',
    options: { ...places, vms, machine, into: at('work:emulate/orin.dtb') },
    after: [],
  };
  return smp === undefined ? [orin] : [orin, guest];
}

async function runSteps(
  steps: readonly PlannedStep[],
  roots: PathRoots,
  flags: EmulateFlags,
  cli: CliContext,
): Promise<void> {
  await runPlan(
    { version: 1, recipe: 'emulate', steps },
    {
      roots,
      jobs: flags.jobs,
      offline: flags.offline === true,
      url: mirrorMap(flags.mirror, cli.env.BPMP_VIRT_MIRROR),
      emit: (event) => {
        if (event.type === 'warning') cli.warn(`warning: ${event.text}`);
      },
      signal: cli.signal,
      toolVersion: await toolIdentity(),
      command: 'bpmp-virt run',
      redo: [],
      load: loadStep,
      before: (todo) => requireTools(todo.map(({ step }) => step)),
    },
  );
}
