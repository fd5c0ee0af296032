// SPDX-License-Identifier: Apache-2.0

/**
 * What a machine’s launcher can be told: the shell variable of run-vm.sh, in the order in which it lists them, and
 * what it means. An empty value leaves out what it stands for.
 */
export const VM_VARIABLES = {
  VM_NAME: 'name of the machine: of its lock, its state folder and its unit',
  VM_DEVICES:
    'platform devices to pass through, as /sys/bus/platform/devices names them, separated by spaces',
  VM_QEMU: 'the QEMU to run',
  VM_MACHINE: 'machine and accelerator',
  VM_CPU: 'CPU model',
  VM_SMP: 'number of CPUs; empty: QEMU’s default of 1',
  VM_MEMORY: 'memory',
  VM_KERNEL: 'kernel Image; relative paths are relative to the folder of run-vm.sh',
  VM_INITRD: 'initial RAM disk; empty: none',
  VM_DRIVE: 'raw image of the root file system; empty: none',
  VM_NET: 'QEMU’s -net for a network card; empty: no network',
  VM_DTB: 'device tree of the guest',
  VM_APPEND: 'kernel command line of the guest',
  VM_SCMI: 'bpmp-scmi, for a guest over SCMI on a stock QEMU; empty: the window of a QEMU of ours',
  VM_SCMI_MAP: 'which domains bpmp-scmi lets the guest see',
  VM_SCMI_TREE:
    'what is added to the tree that QEMU makes, where VM_SCMI is set; VM_DTB is made of both then',
  VM_SCMI_SOCKET: 'where bpmp-scmi and QEMU meet; its folder is made and removed',
  VM_BPMP_HOST: 'the host proxy’s device',
  VM_BPMP_FD: 'file descriptor on which QEMU gets it',
  VM_SANDBOX: 'QEMU’s -sandbox; auto: the strictest where QEMU was built with seccomp; empty: none',
  VM_USER: 'user that QEMU runs as; empty: the caller',
} as const;
export type VmVariable = keyof typeof VM_VARIABLES;

/** A value for each variable, as the shell would have it. */
export type VmSettings = Readonly<Record<VmVariable, string>>;

/** The documented machine: one UART of an Orin, 1 GiB, a raw image, ssh on port 2222. */
const DOCUMENTED: VmSettings = {
  VM_NAME: 'uarta',
  VM_DEVICES: '3100000.serial',
  VM_QEMU: './qemu-system-aarch64',
  VM_MACHINE: 'virt,accel=kvm',
  VM_CPU: 'host',
  VM_SMP: '',
  VM_MEMORY: '1G',
  VM_KERNEL: 'Image',
  VM_INITRD: '',
  VM_DRIVE: 'rootfs_ubuntu_nvidia_orin.img.raw',
  VM_NET: 'user,hostfwd=tcp::2222-:22',
  VM_DTB: 'guest.dtb',
  VM_APPEND: 'rootwait root=/dev/vda console=ttyAMA0',
  VM_SCMI: '',
  VM_SCMI_MAP: 'scmi.map',
  VM_SCMI_TREE: 'guest.dtbo',
  VM_SCMI_SOCKET: '/run/bpmp-virt/uarta/scmi/socket',
  VM_BPMP_HOST: '/dev/bpmp-host',
  VM_BPMP_FD: '3',
  VM_SANDBOX: 'auto',
  VM_USER: '',
};

/** The documented machine with `changes` on it. */
export function vmSettings(changes: Partial<VmSettings> = {}): VmSettings {
  return { ...DOCUMENTED, ...changes };
}
