// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import { formatCommand } from '../command.ts';
import { Bug } from '../errors.ts';
import { cppCommand, dtcCommand } from '../tools/dtc/dtc.ts';
import { guestArgs } from '../trees/machine-args.ts';
import type { Step } from './step.ts';
import { bindings, NOTES, TEMPLATES } from './tree-inputs.ts';

/** Compile the device tree of one guest: QEMU's own for the machine, the BPMP, and the devices it is given. */
export const renderGuestTreeStep: Step<'render-guest-tree'> = {
  kind: 'render-guest-tree',
  tools: () => ['cpp', 'dtc'],
  title: ({ vm }) => `make the device tree of ${vm.name}`,
  outputs: ({ into }) => [into],
  inputs: ({ dtb, qemu }) => [dtb, qemu, TEMPLATES, NOTES],
  // Its sources lie beside it.
  writes: ({ into }) => [dirname(into)],

  shell: ({ dtb, tree, vm, machine, qemu, into }, ctx) => {
    const target = ctx.path(into);
    const [source, base] = [target.replace(/\.dtb$/, '.dts'), target.replace(/\.dtb$/, '-base.dtb')];
    const [option, words, ...rest] = guestArgs(machine);
    const devices = vm.devices.flatMap((device) => ['--device', device]);
    const from = ['--dtb', ctx.path(dtb), '--kernel', ctx.path(tree), '--base', base];
    return [
      formatCommand([ctx.path(qemu), option, `${words},dumpdtb=${base}`, ...rest]),
      `${formatCommand(['dtc', '-I', 'dtb', '-O', 'dts', base])} >${formatCommand([base.replace(/dtb$/, 'dts')])}`,
      `${formatCommand(['bpmp-virt', 'policy', '--vm', vm.name, ...devices, ...from, '--format', 'guest'])} >${formatCommand([source])}`,
      formatCommand(cppCommand(source, `${target}.i`, bindings(tree, ctx))),
      formatCommand(dtcCommand(`${target}.i`, target, false)),
    ];
  },

  async run({ dtb, tree, vm, otherVms, machine, qemu, into }, ctx) {
    const { hostFacts, makeGuestTree, soundPolicies } = await import('./device-trees.ts');
    const facts = await hostFacts(dtb, tree, ctx);
    const [policy] = soundPolicies([vm, ...otherVms], facts, ctx);
    if (policy === undefined) throw new Bug(`no policy for ${vm.name}`);
    await makeGuestTree(
      {
        policy,
        facts,
        qemu: ctx.path(qemu),
        args: guestArgs(machine),
        machine: { what: `Guest ${vm.name}`, hostTree: basename(dtb) },
        into: ctx.path(into),
        includes: bindings(tree, ctx),
        symbols: false,
      },
      ctx,
    );
  },
};
