// SPDX-License-Identifier: Apache-2.0

/** Where the products of a work folder lie, as plan paths. Scripts and other verbs rely on these places. */
export const LAYOUT = {
  l4t: 'work:Linux_for_Tegra',
  l4tSource: 'work:Linux_for_Tegra/source',
  /**
   * Inside the BSP, as in the original procedure. The same place is used without a BSP: ccache finds an object by the path from
   * the build folder to its source, so all recipes share their objects.
   */
  kernelTree: 'work:Linux_for_Tegra/source/kernel/kernel-612',
  kernelOut: 'work:kernel/out',
  image: 'work:kernel/out/arch/arm64/boot/Image',
  kernelTrees: 'work:kernel/out/arch/arm64/boot/dts',
  modules: 'work:kernel/modules',
  qemuSource: 'work:qemu/src',
  /** For the machine that builds. */
  qemuBuild: 'work:qemu-build',
  /** For the board. */
  qemuArm64: 'work:qemu-arm64',
  sysroot: 'work:sysroot-arm64',
  /** bpmp-scmi for the machine that builds, and for the board. */
  scmiBuild: 'work:scmi/build/bpmp-scmi',
  scmiArm64: 'work:scmi/arm64/bpmp-scmi',
  hostOverlay: 'work:dt/host.dtbo',
  /** Of a guest over SCMI: what is added to QEMU's tree, and which domains it has. */
  scmiTree: 'work:dt/guest.dtbo',
  scmiMap: 'work:dt/scmi.map',
  guestTree: 'work:dt/guest.dtb',
  run: 'work:run',
  bundle: 'work:bundle',
  /** The copy of the guest's image; its name is the documented one. */
  guestImage: 'work:image/rootfs_ubuntu_nvidia_orin.img.raw',
} as const;

/** QEMU's program inside one of its build folders. */
export const QEMU_PROGRAM = 'qemu-system-aarch64';
