// SPDX-License-Identifier: Apache-2.0

import { startEmulatedGuest } from '../../emulate/emulated-guest.ts';
import type { Machine } from '../../emulate/machine.ts';
import { startVirtualOrin } from '../../emulate/virtual-orin.ts';
import { StepError, UsageError } from '../../errors.ts';
import { readScript } from '../../firmware/script.ts';
import { exec } from '../../tools/process/exec.ts';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';
import { formatRunReport } from '../report/run-report.ts';
import { Witness } from '../report/witness.ts';
import { hasKeys, rawKeys } from '../stdin.ts';
import { findProducts, ORIN_MEMORY, type Products } from './emulated-products.ts';
import type { WriteRunPage } from './run-page.ts';

/** Ctrl-], as telnet has it. */
const ESCAPE = 0x1d;

const LEAVE =
  'Starting the machine; its console is here. `exit` in its shell switches it off, Ctrl-] ends it at once.';

/** `run --emulate`: start the machine, show it, and say at the end what happened. */
export async function runEmulated(recipe: string, flags: EmulateFlags, cli: CliContext): Promise<void> {
  if (flags.exec === undefined && !hasKeys()) {
    throw new UsageError(
      'standard input is not a terminal, so nobody could use the shell on the console',
      "Give a command for the guest: --exec 'echo 123 > /dev/ttyTHS0'",
    );
  }
  const products = await findProducts(recipe, flags, cli);
  const page = await pageOf(recipe, flags, cli);
  const witness = new Witness(flags, cli);
  if (flags.exec === undefined) cli.warn(LEAVE);
  const machine = await start(products, flags, witness, cli);
  witness.watch(machine);
  await atTheConsole(machine);
  const report = witness.report(products.folder);
  cli.print(flags.json === true ? JSON.stringify(report, null, 2) : formatRunReport(report));
  await page({ report, transfers: witness.transfers });
  judge(flags, witness.guestExit, products.folder);
}

/** The page that is asked for, begun before the machine starts. */
async function pageOf(
  recipe: string,
  { html, ...flags }: EmulateFlags,
  cli: CliContext,
): Promise<WriteRunPage> {
  if (html === undefined) return async () => undefined;
  const { beginRunPage } = await import('./run-page.ts');
  return beginRunPage(html, recipe, flags, cli);
}

/** Keys go to the machine until it ends. */
async function atTheConsole(machine: Machine): Promise<void> {
  const restore = rawKeys((bytes) => {
    if (bytes.includes(ESCAPE)) machine.kill('SIGTERM');
    else machine.type(bytes);
  });
  try {
    await machine.ended;
  } catch (error) {
    // Ctrl-] is how a person ends a machine.
    if (!machine.killed) throw error;
  } finally {
    restore();
  }
}

/** @throws {StepError} the command in the guest failed, or never came to its end */
function judge({ exec }: EmulateFlags, guestExit: number | undefined, folder: string): void {
  if (guestExit !== undefined && guestExit !== 0) {
    throw new StepError(
      `the command in the guest ended with ${guestExit}`,
      `What it said is above; the logs are in ${folder}.`,
    );
  }
  if (exec !== undefined && guestExit === undefined) {
    throw new StepError(
      'the machine ended before the command in the guest did',
      `console.log and qemu.log in ${folder} say why.`,
    );
  }
}

async function start(
  products: Products,
  flags: EmulateFlags,
  witness: Witness,
  cli: CliContext,
): Promise<Machine> {
  const { qemu, kernel, dtb, cpus, folder } = products;
  const script = flags.script === undefined ? undefined : await readScript(flags.script);
  const common = {
    ...{ qemu, kernel, dtb, cpus, folder },
    root: { busybox: products.busybox, scripts: products.guestScripts },
    signal: cli.signal,
    listener: witness.listener,
    ...(flags.exec === undefined ? {} : { exec: flags.exec }),
    ...(script === undefined ? {} : { script }),
  };
  const { platformBus } = products;
  if (flags.emulate === 'guest')
    return startEmulatedGuest({
      ...common,
      memory: products.memory,
      ...(platformBus === undefined ? {} : { platformBus }),
    });
  return startVirtualOrin({
    ...common,
    memory: ORIN_MEMORY,
    bundle: bundleFiles(products),
    ...(products.stock === undefined ? {} : { stock: products.stock }),
    env: {
      VM_MEMORY: products.memory,
      ...(flags.smp === undefined ? {} : { VM_SMP: String(flags.smp) }),
    },
    run: (command, cwd, env) =>
      exec(command, cwd, {
        emit: () => undefined,
        signal: cli.signal,
        ...(env === undefined ? {} : { env }),
      }),
  });
}

/** What the host needs of the bundle. */
function bundleFiles({ bundle, innerDtb, stock }: Products): Readonly<Record<string, string>> {
  const own =
    stock === undefined
      ? ['Image', 'guest.dtb', 'qemu-system-aarch64']
      : ['bpmp-scmi', 'guest.dtbo', 'scmi.map'];
  const names = [...own, 'run-vm.sh', 'doctor.sh'];
  return {
    ...Object.fromEntries(names.map((name) => [name, `${bundle}/${name}`])),
    ...(innerDtb === undefined ? {} : { 'guest.dtb': innerDtb }),
    ...(stock === undefined ? {} : { vmlinuz: stock.vmlinuz }),
  };
}
