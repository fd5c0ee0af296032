// SPDX-License-Identifier: Apache-2.0

/** A machine, as far as QEMU's tree for it depends on it. */
export type TreeMachine = {
  /** `1G`, as -m takes it. */
  readonly memory: string;
  readonly cpus: number;
  readonly gic: 2 | 3;
  /** Size of the platform bus (`64M`), which a QEMU of ours can be told. Absent: QEMU's own of 32 MiB. */
  readonly platformBus?: string;
};

/** Words of a command line that make QEMU build a machine's tree. */
export type MachineArgs = readonly [option: '-machine', words: string, ...rest: string[]];

/**
 * A guest as KVM on Orin runs it, for the dump of its tree on any machine. The GIC is named always: without a
 * word KVM takes the host's version and TCG a GICv2, whose tree would not boot there.
 */
export function guestArgs({ memory, cpus, gic, platformBus }: TreeMachine): MachineArgs {
  const rest = [
    '-cpu',
    'max',
    '-smp',
    String(cpus),
    '-m',
    memory,
    '-display',
    'none',
    '-nic',
    'none',
  ] as const;
  return ['-machine', `virt,accel=tcg,gic-version=${gic}${busWord(platformBus)}`, ...rest];
}

/** What is added to the words of `-machine` for a platform bus of this size. */
export function busWord(platformBus: string | undefined): string {
  return platformBus === undefined ? '' : `,platform-bus-size=${platformBus}`;
}

/** A virtual Orin: EL2 for its KVM, and an SMMU for its VFIO. */
export function virtualOrinArgs(machine: Omit<TreeMachine, 'gic'>): MachineArgs {
  const [option, words, ...rest] = guestArgs({ ...machine, gic: 3 });
  return [option, `${words},virtualization=on,iommu=smmuv3`, ...rest];
}
