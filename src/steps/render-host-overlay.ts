// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import { formatCommand } from '../command.ts';
import { cppCommand, dtcCommand } from '../tools/dtc/dtc.ts';
import type { Step } from './step.ts';
import { bindings, NOTES, TEMPLATES } from './tree-inputs.ts';

/** Derive the policies of all VMs from the host's device tree, and compile the overlay that carries them. */
export const renderHostOverlayStep: Step<'render-host-overlay'> = {
  kind: 'render-host-overlay',
  tools: () => ['cpp', 'dtc'],
  title: ({ dtb, vms }) =>
    `derive the host overlay for ${vms.map((vm) => vm.name).join(', ')} from ${basename(dtb)}`,
  outputs: ({ into }) => [into],
  inputs: ({ dtb }) => [dtb, TEMPLATES, NOTES],
  // Its sources lie beside it.
  writes: ({ into }) => [dirname(into)],
  watches: ({ tree }) => [tree],

  shell: ({ dtb, tree, vms, into }, ctx) => {
    const [source, target] = [ctx.path(into).replace(/\.dtbo$/, '.dts'), ctx.path(into)];
    const given = vms.flatMap((vm) => [
      '--vm',
      vm.name,
      ...vm.devices.flatMap((device) => ['--device', device]),
      ...(vm.keepOff === false ? ['--no-keep-off'] : []),
    ]);
    const derive = [
      'bpmp-virt',
      'policy',
      ...given,
      '--dtb',
      ctx.path(dtb),
      '--kernel',
      ctx.path(tree),
    ] as const;
    return [
      `${formatCommand([...derive, '--format', 'dts'])} >${formatCommand([source])}`,
      formatCommand(cppCommand(source, `${target}.i`, bindings(tree, ctx))),
      formatCommand(dtcCommand(`${target}.i`, target, false)),
    ];
  },

  async run({ dtb, tree, vms, into }, ctx) {
    const { hostFacts, makeHostOverlay, soundPolicies } = await import('./device-trees.ts');
    const facts = await hostFacts(dtb, tree, ctx);
    const policies = soundPolicies(vms, facts, ctx);
    const places = { into: ctx.path(into), includes: bindings(tree, ctx) };
    await makeHostOverlay(policies, facts, basename(dtb), places, ctx);
  },
};
