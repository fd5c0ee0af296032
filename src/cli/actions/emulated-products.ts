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
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';
import { mirrorMap } from '../flags/mirrors.ts';
import { pathRoots } from '../places.ts';
import { archiveContext } from './archive-context.ts';
import { buildPlan } from './build-plan.ts';
import { requireTools } from './host-check.ts';
import { type StockParts, stockParts } from './stock-parts.ts';
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
  /** Of a guest over SCMI. */
  readonly stock?: StockParts;
  readonly busybox: string;
  /** Of the guest, as QEMU's -m takes it. */
  readonly memory: string;
  readonly folder: string;
  readonly guestScripts: string;
};

/** Memory of the host inside the virtual Orin: the guest's, its kernel, QEMU and the bundle in an initramfs. */
export const ORIN_MEMORY = '1536M';
const ORIN_CPUS = 2;

/** Of a guest where nobody says another: a distribution's kernel and its initial RAM disk are larger. */
const GUEST_MEMORY = { 'render-guest-tree': '128M', 'render-scmi-tree': '256M' } as const;

type GuestTree = StepOptions['render-guest-tree'];

/**
 * Find what `build` made, and make the rest: the device tree for this machine and busybox.
 *
 * @throws {UsageError} nothing was built yet, or the recipe has no virtual machine
 */
export async function findProducts(recipe: string, flags: EmulateFlags, cli: CliContext): Promise<Products> {
  const guest = await firstGuest(recipe, cli);
  if (guest.kind === 'render-scmi-tree' && flags.emulate === 'guest') throw noStockGuest(recipe);
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
  const memory = flags.mem ?? GUEST_MEMORY[guest.kind];
  const ctx = archiveContext(cli, flags);
  const cpus = flags.smp ?? cpusOf(guest);
  const steps = treeSteps(flags, guest, { cpus, memory }, at);
  await runSteps(steps, { ...roots, work: at('work:emulate') }, flags, cli);
  return {
    ...products,
    memory,
    dtb: at(`work:emulate/${flags.emulate}.dtb`),
    cpus: flags.emulate === 'orin' ? ORIN_CPUS : cpus,
    ...(guest.kind === 'render-scmi-tree'
      ? { stock: await stockParts(at(guest.options.tree), at('tool:scmi/module/build.sh'), ctx) }
      : windowProducts(guest.options, flags, at)),
    busybox: await fetchBusybox(ctx),
  };
}

function windowProducts({ machine }: GuestTree, flags: EmulateFlags, at: (path: string) => string) {
  const { platformBus } = machine;
  return {
    ...(platformBus === undefined ? {} : { platformBus }),
    ...(flags.emulate === 'orin' && flags.smp !== undefined
      ? { innerDtb: at('work:emulate/guest.dtb') }
      : {}),
  };
}

/** How the tree of the recipe's first virtual machine is made. */
type FirstGuest = Extract<PlannedStep, { readonly kind: 'render-guest-tree' | 'render-scmi-tree' }>;

async function firstGuest(recipe: string, cli: CliContext): Promise<FirstGuest> {
  const { plan } = await buildPlan(recipe, [], cli);
  for (const step of plan.steps)
    if (step.kind === 'render-guest-tree' || step.kind === 'render-scmi-tree') return step;
  throw new UsageError(
    `recipe ${recipe} has no virtual machine`,
    'Give it one under vms:, or take another recipe.',
  );
}

/** The launcher makes the tree of a guest over SCMI for as many CPUs as it is told. */
function cpusOf(guest: FirstGuest): number {
  return guest.kind === 'render-guest-tree' ? guest.options.machine.cpus : 1;
}

function noStockGuest(recipe: string): UsageError {
  return new UsageError(
    `the virtual machine of recipe ${recipe} has a stock QEMU, which has no emulated UART`,
    'Run it in the virtual Orin: --emulate orin.',
  );
}

/** The steps that make the trees of these very machines, with absolute paths: they work in a folder of their own. */
function treeSteps(
  { emulate, smp }: EmulateFlags,
  first: FirstGuest,
  size: { readonly cpus: number; readonly memory: string },
  at: (path: string) => string,
): readonly PlannedStep[] {
  const { dtb, tree, vm, otherVms } = first.options;
  const places = { dtb: at(dtb), tree: at(tree), qemu: at(`${LAYOUT.qemuBuild}/${QEMU_PROGRAM}`) };
  const guest: readonly PlannedStep[] =
    first.kind === 'render-scmi-tree'
      ? []
      : [
          {
            id: 'guest-tree',
            kind: 'render-guest-tree',
            options: {
              ...first.options,
              ...places,
              machine: { ...first.options.machine, ...size },
              into: at('work:emulate/guest.dtb'),
            },
            after: [],
          },
        ];
  if (emulate === 'guest') return guest;
  const machine = { memory: ORIN_MEMORY, cpus: ORIN_CPUS };
  const orin: PlannedStep = {
    id: 'orin-tree',
    kind: 'render-orin-tree',
    options: { ...places, vms: [vm, ...otherVms], machine, into: at('work:emulate/orin.dtb') },
    after: [],
  };
  return smp === undefined ? [orin] : [orin, ...guest];
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
