// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { formatCommand } from '../command.ts';
import { Bug } from '../errors.ts';
import { cppCommand, dtcCommand } from '../tools/dtc/dtc.ts';
import { writeFileWhole } from '../tools/files/write-file.ts';
import type { Step } from './step.ts';
import { bindings, NOTES, TEMPLATES } from './tree-inputs.ts';

/** Compile what one guest over SCMI has besides QEMU's own tree, and write the map of its domains. */
export const renderScmiTreeStep: Step<'render-scmi-tree'> = {
  kind: 'render-scmi-tree',
  tools: () => ['cpp', 'dtc'],
  title: ({ vm }) => `make the SCMI tree of ${vm.name}`,
  outputs: ({ into, map }) => [into, map],
  inputs: ({ dtb }) => [dtb, TEMPLATES, NOTES],

  shell: ({ dtb, tree, vm, into, map }, ctx) => {
    const target = ctx.path(into);
    const source = target.replace(/\.dtbo$/, '.dts');
    const devices = vm.devices.flatMap((device) => ['--device', device]);
    const words = ['bpmp-virt', 'policy', '--vm', vm.name, ...devices] as const;
    const from = ['--dtb', ctx.path(dtb), '--kernel', ctx.path(tree)];
    return [
      `${formatCommand([...words, ...from, '--format', 'scmi'])} >${formatCommand([source])}`,
      `${formatCommand([...words, ...from, '--format', 'scmi-map'])} >${formatCommand([ctx.path(map)])}`,
      formatCommand(cppCommand(source, `${target}.i`, bindings(tree, ctx))),
      formatCommand(dtcCommand(`${target}.i`, target, false)),
    ];
  },

  async run({ dtb, tree, vm, otherVms, into, map }, ctx) {
    const [{ hostFacts, makeScmiTree, soundPolicies }, { scmiMap }] = await Promise.all([
      import('./device-trees.ts'),
      import('../trees/scmi-domains.ts'),
    ]);
    const facts = await hostFacts(dtb, tree, ctx);
    const [policy] = soundPolicies([vm, ...otherVms], facts, ctx);
    if (policy === undefined) throw new Bug(`no policy for ${vm.name}`);
    const names = { what: `Guest ${vm.name}`, hostTree: basename(dtb) };
    const places = { into: ctx.path(into), includes: bindings(tree, ctx) };
    await makeScmiTree(policy, facts, names, places, ctx);
    await writeFileWhole(ctx.path(map), scmiMap(policy));
  },
};
