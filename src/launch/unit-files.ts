// SPDX-License-Identifier: Apache-2.0

import { Bug } from '../errors.ts';
import type { VmSettings } from './vm-settings.ts';

/** Where `bpmp-virt deploy` puts the bundle's programs on a board. */
export const BOARD_FOLDER = '/opt/bpmp-virt';

/** What QEMU itself may have locked besides the guest's memory, in MiB. */
const QEMU_OWN_MIB = 1024;

/**
 * A template's text with every `@NAME@` replaced.
 *
 * @param quote how a value is written in that kind of file
 * @throws {Error} the template has a name that is not in `values`: a bug of ours
 */
function fill(template: string, values: Readonly<Record<string, string>>, quote: (value: string) => string) {
  return template.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Bug(`a template has @${name}@, which nothing gives`);
    return quote(value);
  });
}

/** board/vm.service.in for one machine whose run-vm.sh is in `folder` of the board. */
export function renderUnit(template: string, settings: VmSettings, folder = BOARD_FOLDER): string {
  const values = {
    NAME: settings.VM_NAME,
    DEVICES: settings.VM_DEVICES,
    FOLDER: folder,
    BPMP_HOST: settings.VM_BPMP_HOST,
  };
  // systemd expands % in paths and descriptions.
  return fill(template, values, (value) => value.replaceAll('%', '%%'));
}

/** board/vm-domain.xml.in for one machine whose run-vm.sh is in `folder` of the board. */
export function renderDomain(template: string, settings: VmSettings, folder = BOARD_FOLDER): string {
  const memory = memoryMib(settings.VM_MEMORY);
  const args = [
    ...settings.VM_DEVICES.split(' ').flatMap((device) => ['-device', `vfio-platform,host=${device}`]),
    ...bpmpArgs(settings),
  ];
  const values = {
    NAME: settings.VM_NAME,
    FOLDER: folder,
    BPMP_HOST: settings.VM_BPMP_HOST,
    MEMORY_MIB: String(memory),
    LOCKED_MIB: String(memory + QEMU_OWN_MIB),
    CPUS: settings.VM_SMP || '1',
    KERNEL: settings.VM_KERNEL,
    APPEND: settings.VM_APPEND,
    DTB: settings.VM_SCMI === '' ? `${folder}/${settings.VM_DTB}` : settings.VM_DTB,
    QEMU:
      settings.VM_SCMI === ''
        ? `${folder}/${settings.VM_QEMU.replace(/^\.\//, '')}`
        : `/usr/bin/${settings.VM_QEMU}`,
    DRIVE: settings.VM_DRIVE,
  };
  const lines = args.map((arg) => `    <qemu:arg value="${escapeXml(arg)}"/>`).join('\n');
  return fill(
    template
      .replace('@QEMU_ARGS@', () => lines)
      .replace('@MEMORY_BACKING@', () => (settings.VM_SCMI === '' ? '' : SHARED_MEMORY)),
    values,
    escapeXml,
  );
}

/** bpmp-scmi reads its queue in the guest's memory. */
const SHARED_MEMORY = `  <memoryBacking>
    <source type="memfd"/>
    <access mode="shared"/>
  </memoryBacking>
`;

/** QEMU's words for the way to the BPMP; libvirt writes machine and accelerator itself. */
function bpmpArgs(settings: VmSettings): readonly string[] {
  // A second -machine adds to the first.
  const machine = settings.VM_MACHINE.split(',')
    .slice(1)
    .filter((word) => !word.startsWith('accel='));
  if (settings.VM_SCMI === '') {
    return ['-machine', [...machine, 'bpmp=on', `bpmp-host=${settings.VM_BPMP_HOST}`].join(',')];
  }
  return [
    ...(machine.length === 0 ? [] : ['-machine', machine.join(',')]),
    '-chardev',
    `socket,id=scmi,path=${settings.VM_SCMI_SOCKET}`,
    '-device',
    'vhost-user-scmi-pci,chardev=scmi,romfile=',
  ];
}

/** `512M` or `1G`, as recipes have it, in MiB. */
function memoryMib(memory: string): number {
  return Number.parseInt(memory, 10) * (memory.endsWith('G') ? 1024 : 1);
}

function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };
  return text.replaceAll(/[&<>"]/g, (sign) => `&${names[sign]};`);
}
