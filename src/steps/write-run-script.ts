// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCommand, shellQuote } from '../command.ts';
import { renderRunScript } from '../launch/run-script.ts';
import { BOARD_FOLDER, renderDomain, renderUnit } from '../launch/unit-files.ts';
import { type VmSettings, vmSettings } from '../launch/vm-settings.ts';
import type { StepOptions, VmMachine } from '../plan/step-options.ts';
import { writeFileWhole } from '../tools/files/write-file.ts';
import { busWord } from '../trees/machine-args.ts';
import type { ShellContext, Step } from './step.ts';
import { NOTES } from './tree-inputs.ts';

type Options = StepOptions['write-run-script'];

const BOARD = 'tool:board';
/** Line that ends the text of a file in the shell script. */
const END = 'END_OF_FILE';

/** Write the launcher of one machine, the check of its board, and units for systemd and libvirt. */
export const writeRunScriptStep: Step<'write-run-script'> = {
  kind: 'write-run-script',
  tools: () => [],
  title: ({ vm }) => `write run-vm.sh of ${vm.name}`,
  outputs: ({ into }) => [`${into}/run-vm.sh`, `${into}/doctor.sh`],
  inputs: ({ dtb }) => [dtb, BOARD, NOTES],
  writes: ({ into }) => [into],

  shell: (options, ctx) => {
    const into = ctx.path(options.into);
    // What a device is called in sysfs is in the tree, which is not built yet when this is printed.
    const names = options.vm.devices.map((_, at) => `@DEVICE${at}@`);
    const find = options.vm.devices.map((device, at) => {
      const ask = [
        'bpmp-virt',
        'devices',
        plainName(device),
        '--dtb',
        ctx.path(options.dtb),
        '--json',
      ] as const;
      return `device${at}=$(${formatCommand(ask)} | sed -n 's/.*"sysfs": *"\\([^"]*\\)".*/\\1/p')`;
    });
    const edits = names.map((name, at) => `-e "s/${name}/$device${at}/g"`).join(' ');
    const texts = renderAll(options, names, ctx).map(({ name, text, mode }) => {
      const file = shellQuote(join(into, name));
      return `sed ${edits} >${file} <<'${END}'\n${text}${END}\nchmod ${mode.toString(8)} ${file}`;
    });
    return [`mkdir -p ${shellQuote(into)}`, ...find, ...texts];
  },

  async run(options, ctx) {
    const [{ findDevice, sysfsName }, { indexHost }, { loadDeviceNotes, readTreeFile }] = await Promise.all([
      import('../dt/devices.ts'),
      import('../dt/host-index.ts'),
      import('../tools/dtc/host-tree.ts'),
    ]);
    const index = indexHost(await readTreeFile(ctx.path(options.dtb)));
    const notes = await loadDeviceNotes(ctx.path(NOTES));
    const names = options.vm.devices.map((device) => sysfsName(findDevice(index, plainName(device), notes)));
    await ctx.replaceProduct(ctx.path(options.into), async (aside) => {
      for (const { name, text, mode } of renderAll(options, names, ctx)) {
        await writeFileWhole(join(aside, name), text, { mode });
      }
      await chmod(aside, 0o755);
    });
  },
};

/** A device's name without the `!` that forces it. */
function plainName(device: string): string {
  return device.replace(/!$/, '');
}

type ScriptFile = { readonly name: string; readonly text: string; readonly mode: number };

/** The files, for devices that are called `names` in sysfs. */
function renderAll(
  options: Options,
  names: readonly string[],
  ctx: Pick<ShellContext, 'path'>,
): readonly ScriptFile[] {
  const settings = settingsOf(options, names);
  const folder = options.place === '.' ? BOARD_FOLDER : `${BOARD_FOLDER}/${options.place}`;
  const template = (name: string) => readFileSync(join(ctx.path(BOARD), name), 'utf8');
  return [
    {
      name: 'run-vm.sh',
      text: renderRunScript(template('run-vm.sh'), settings, options.recipe),
      mode: 0o755,
    },
    { name: 'doctor.sh', text: template('doctor.sh'), mode: 0o755 },
    {
      name: `${options.vm.name}.service`,
      text: renderUnit(template('vm.service.in'), settings, folder),
      mode: 0o644,
    },
    {
      name: `${options.vm.name}.xml`,
      text: renderDomain(template('vm-domain.xml.in'), settings, folder),
      mode: 0o644,
    },
  ];
}

function settingsOf(options: Options, names: readonly string[]): VmSettings {
  const { vm, machine, bpmpHost, place, root } = options;
  // Image and QEMU are there once, at the top of the bundle.
  const above = place === '.' ? '' : '../';
  return vmSettings({
    VM_NAME: vm.name,
    VM_DEVICES: names.join(' '),
    VM_QEMU: `${above || './'}qemu-system-aarch64`,
    VM_MACHINE: machineWords(machine),
    VM_SMP: machine.cpus === 1 ? '' : String(machine.cpus),
    VM_MEMORY: machine.memory,
    VM_KERNEL: `${above}Image`,
    VM_BPMP_HOST: bpmpHost,
    ...(root === undefined ? {} : { VM_APPEND: `rootwait root=${root} console=ttyAMA0` }),
    ...scmiSettings(options, above),
  });
}

/** A stock QEMU is the distribution's, and its tree is made on the board, by that QEMU for that CPU. */
function scmiSettings({ scmi, stockKernel, vm }: Options, above: string): Partial<VmSettings> {
  if (scmi !== true) return {};
  const state = `/run/bpmp-virt/${vm.name}/scmi`;
  return {
    VM_QEMU: 'qemu-system-aarch64',
    VM_SCMI: `${above || './'}bpmp-scmi`,
    VM_SCMI_SOCKET: `${state}/socket`,
    VM_DTB: `${state}/guest.dtb`,
    ...(stockKernel === true ? { VM_KERNEL: 'vmlinuz' } : {}),
  };
}

/** KVM on Orin gives a GICv3 without a word, as the documented command line has it. */
function machineWords({ gic, platformBus }: VmMachine): string {
  return `virt,accel=kvm${gic === 2 ? ',gic-version=2' : ''}${busWord(platformBus)}`;
}
