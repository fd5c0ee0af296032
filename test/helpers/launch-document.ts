// SPDX-License-Identifier: Apache-2.0

/** The command of the original procedure, word for word, in the groups in which it stands there. */
export const DOCUMENTED_COMMAND = [
  ['/home/user/qemu-bpmp/build/qemu-system-aarch64'],
  ['-nographic'],
  ['-machine', 'virt,accel=kvm'],
  ['-cpu', 'host'],
  ['-m', '1G'],
  ['-no-reboot'],
  ['-kernel', 'Image'],
  ['-drive', 'file=rootfs_ubuntu_nvidia_orin.img.raw,if=virtio,format=raw'],
  ['-net', 'user,hostfwd=tcp::2222-:22', '-net', 'nic'],
  ['-device', 'vfio-platform,host=3100000.serial'],
  ['-dtb', 'uarta.dtb'],
  ['-append', 'rootwait root=/dev/vda console=ttyAMA0'],
] as const;
