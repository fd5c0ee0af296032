// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../command.ts';
import type { VmSettings, VmVariable } from './vm-settings.ts';

/** Words that belong together, `$VM_…` standing for a setting and `$device` for one of the devices. */
export type QemuWords = {
  readonly words: readonly string[];
  /** Only where this setting is not empty. */
  readonly when?: VmVariable;
  /** Only where this setting is empty. */
  readonly unless?: VmVariable;
  /** Once for each word of VM_DEVICES. */
  readonly each?: true;
  /** Why it is not what the documented procedure has; absent where it is the same. */
  readonly differs?: string;
};

/**
 * QEMU’s command line, in the order of the documented procedure, then what that has not. The one source of
 * `qemuArgv()` and of the command in run-vm.sh.
 */
export const QEMU_WORDS: readonly QemuWords[] = [
  {
    words: ['$VM_QEMU'],
    differs: 'the document has its author’s build folder; this is the QEMU that came with this script',
  },
  { words: ['-nographic'] },
  { words: ['-machine', '$VM_MACHINE'] },
  { words: ['-cpu', '$VM_CPU'] },
  { words: ['-m', '$VM_MEMORY'] },
  { words: ['-no-reboot'] },
  { words: ['-kernel', '$VM_KERNEL'] },
  { words: ['-drive', 'file=$VM_DRIVE,if=virtio,format=raw'], when: 'VM_DRIVE' },
  { words: ['-net', '$VM_NET', '-net', 'nic'], when: 'VM_NET' },
  { words: ['-device', 'vfio-platform,host=$device'], each: true },
  {
    words: ['-dtb', '$VM_DTB'],
    differs: 'the document calls the same file uarta.dtb; one name serves every set of devices',
  },
  { words: ['-append', '$VM_APPEND'] },
  {
    words: [
      '-object',
      'memory-backend-memfd,id=guest-memory,size=$VM_MEMORY,share=on',
      '-machine',
      'memory-backend=guest-memory',
      '-chardev',
      'socket,id=scmi,path=$VM_SCMI_SOCKET',
      '-device',
      'vhost-user-scmi-pci,chardev=scmi,romfile=',
    ],
    when: 'VM_SCMI',
    differs:
      'added for SCMI: a stock QEMU has no window. bpmp-scmi reads the queue in the guest’s memory, which is shared for that',
  },
  {
    words: ['-machine', 'bpmp=on,bpmp-fd=$VM_BPMP_FD'],
    unless: 'VM_SCMI',
    differs:
      'added: the document’s QEMU opens /dev/bpmp-host by itself in every machine; ours gets it opened, so that it needs no right to it, and stops where it is not there',
  },
  {
    words: ['-global', 'virtio-net-pci.romfile='],
    when: 'VM_NET',
    differs: 'added: the card’s boot ROM is a file that is not part of the bundle, and -kernel needs none',
  },
  {
    words: ['-nic', 'none'],
    unless: 'VM_NET',
    differs: 'added where no network is wanted: QEMU makes a card otherwise',
  },
  { words: ['-smp', '$VM_SMP'], when: 'VM_SMP', differs: 'added where more than the one CPU is wanted' },
  {
    words: ['-initrd', '$VM_INITRD'],
    when: 'VM_INITRD',
    differs: 'added where the root file system is an initial RAM disk',
  },
  {
    words: ['-sandbox', '$VM_SANDBOX'],
    when: 'VM_SANDBOX',
    differs: 'added where QEMU knows seccomp: a guest that breaks out of QEMU finds few system calls',
  },
];

/** QEMU’s command line for `settings`, as it is executed. `extra` words come last and so win over earlier ones. */
export function qemuArgv(settings: VmSettings, extra: readonly string[] = []): Command {
  const devices = settings.VM_DEVICES.split(/\s+/).filter((word) => word !== '');
  const words = QEMU_WORDS.filter((group) => isWanted(group, settings)).flatMap((group) =>
    group.each ? devices.flatMap((device) => expand(group, settings, device)) : expand(group, settings),
  );
  return [settings.VM_QEMU, ...words.slice(1), ...extra];
}

function isWanted({ when, unless }: QemuWords, settings: VmSettings): boolean {
  return (when === undefined || settings[when] !== '') && (unless === undefined || settings[unless] === '');
}

function expand({ words }: QemuWords, settings: VmSettings, device = ''): readonly string[] {
  const value = (name: string) => (name === 'device' ? device : settings[name as VmVariable]);
  return words.map((word) => word.replaceAll(/\$(\w+)/g, (_, name: string) => value(name)));
}
