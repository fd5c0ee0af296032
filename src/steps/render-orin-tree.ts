// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { formatCommand } from '../command.ts';
import { findDevice } from '../dt/devices.ts';
import { Bug } from '../errors.ts';
import type { VmDevices } from '../plan/step-options.ts';
import type { HostFacts } from '../policy/derive.ts';
import { applyOverlays } from '../tools/dtc/dtc.ts';
import { guestLabel } from '../trees/guest-node.ts';
import { virtualOrinArgs } from '../trees/machine-args.ts';
import { virtualStreams } from '../trees/virtual-orin.ts';
import { hostFacts, makeGuestTree, makeHostOverlay, soundPolicies } from './device-trees.ts';
import type { Step } from './step.ts';
import { bindings, NOTES, TEMPLATES } from './tree-inputs.ts';

/**
 * A VM whose devices are called as the virtual Orin's tree labels them. The host's driver has them until the VM starts
 * unless something else is asked for: that taking and giving back works is what a virtual Orin is to show.
 */
function inOrin(vm: VmDevices, { index, notes }: HostFacts): VmDevices {
  const labels = vm.devices.map((name) => {
    const force = name.endsWith('!') ? '!' : '';
    return `${guestLabel(findDevice(index, name.replace(/!$/, ''), notes))}${force}`;
  });
  return { ...vm, devices: labels, keepOff: vm.keepOff ?? false };
}

/**
 * Make the host tree of a virtual Orin. It goes the way of a real board: first a tree that holds the devices, then
 * the overlay that is derived from that tree and applied to it.
 */
export const renderOrinTreeStep: Step<'render-orin-tree'> = {
  kind: 'render-orin-tree',
  tools: () => ['cpp', 'dtc', 'fdtoverlay'],
  title: ({ vms }) => `make the virtual Orin's device tree, for ${vms.map((vm) => vm.name).join(', ')}`,
  outputs: ({ into }) => [into],
  inputs: ({ dtb, qemu }) => [dtb, qemu, TEMPLATES, NOTES],
  // Its sources lie beside it.
  writes: ({ into }) => [dirname(into)],

  shell: ({ qemu, machine, into }, ctx) => {
    const [option, words, ...rest] = virtualOrinArgs(machine);
    const base = ctx.path(into).replace(/\.dtb$/, '-qemu.dtb');
    return [
      formatCommand([ctx.path(qemu), option, `${words},dumpdtb=${base}`, ...rest]),
      '# docs/device-trees.md says what is added to it',
    ];
  },

  async run({ dtb, tree, vms, machine, qemu, into }, ctx) {
    const facts = await hostFacts(dtb, tree, ctx);
    const [target, includes] = [ctx.path(into), bindings(tree, ctx)];
    const [bare, overlay] = [target.replace(/\.dtb$/, '-bare.dtb'), target.replace(/\.dtb$/, '.dtbo')];
    const [policy] = soundPolicies(
      [
        {
          name: 'orin',
          devices: vms.flatMap((vm) => vm.devices),
          accept: vms.flatMap((vm) => vm.accept ?? []),
        },
      ],
      facts,
      ctx,
    );
    if (policy === undefined) throw new Bug('no policy for the virtual Orin');
    await makeGuestTree(
      {
        policy,
        facts,
        qemu: ctx.path(qemu),
        args: virtualOrinArgs(machine),
        machine: { what: 'Virtual Orin', hostTree: basename(dtb), more: virtualStreams },
        into: bare,
        includes,
        symbols: true,
      },
      ctx,
    );
    const own = await hostFacts(bare, tree, ctx);
    const policies = soundPolicies(
      vms.map((vm) => inOrin(vm, facts)),
      own,
      ctx,
    );
    await makeHostOverlay(policies, own, basename(bare), { into: overlay, includes }, ctx);
    await applyOverlays(bare, [overlay], target, ctx.exec);
    await rm(bare);
  },
};
