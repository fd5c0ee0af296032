// SPDX-License-Identifier: Apache-2.0

/** Where a board's root file system may be, as far as a kernel needs a driver for it. */
const STORAGES = ['mmc', 'nvme', 'usb', 'dm'] as const;
/** Those that are disks by themselves; `dm` (encryption, volumes) is above one. */
const DISKS = ['mmc', 'nvme', 'usb'] as const;
export type StorageAbility = (typeof STORAGES)[number];

/** What a kernel can, read from its configuration; a bundle's manifest has it. */
export type KernelAbilities = {
  /** `jetson`: it boots an Orin. `emulation`: it is for the emulated machines of `run --emulate` alone. */
  readonly for: 'jetson' | 'emulation';
  /** Symbols that an Orin's kernel needs built in, and that this one has not. */
  readonly lacks: readonly string[];
  /** From which storage it mounts its root without modules → symbols that it lacks for that; empty: it can. */
  readonly storage: Readonly<Record<StorageAbility, readonly string[]>>;
};

/**
 * What an Orin's kernel has to have built in before its root file system is there: UEFI starts it as an EFI program
 * (EDK2's L4TLauncher), the clocks come from the BPMP, the DMA of every disk goes through an SMMU of ARM's second
 * version, whose streams the memory controller sets.
 */
const BOOT = [
  ...['EFI', 'EFI_STUB', 'ARCH_TEGRA', 'ARCH_TEGRA_234_SOC', 'TEGRA_BPMP', 'TEGRA_HSP_MBOX', 'TEGRA_IVC'],
  ...['CLK_TEGRA_BPMP', 'RESET_TEGRA_BPMP', 'TEGRA_MC', 'ARM_SMMU', 'GPIO_TEGRA186'],
  ...['ARM_GIC_V3', 'ARM_PSCI_FW', 'BLK_DEV_INITRD', 'DEVTMPFS', 'EXT4_FS'],
] as const;
/** And what a host of ours has to have, built in or as a module. */
const HOST = ['KVM', 'VFIO', 'VFIO_PLATFORM', 'VFIO_IOMMU_TYPE1', 'TEGRA_BPMP_HOST_PROXY'] as const;
/** The initial RAM disk of the board holds modules of its own kernel only, so a disk's drivers are built in. */
const STORAGE: Readonly<Record<StorageAbility, readonly string[]>> = {
  mmc: ['MMC', 'MMC_BLOCK', 'MMC_SDHCI', 'MMC_SDHCI_PLTFM', 'MMC_SDHCI_TEGRA'],
  nvme: ['PCI', 'PCIE_TEGRA194_HOST', 'PHY_TEGRA194_P2U', 'BLK_DEV_NVME'],
  usb: ['USB', 'USB_XHCI_HCD', 'USB_XHCI_TEGRA', 'PHY_TEGRA_XUSB', 'USB_STORAGE', 'SCSI', 'BLK_DEV_SD'],
  dm: ['BLK_DEV_DM', 'DM_CRYPT'],
};

/** @param config `CONFIG_X` → its value, as in `.config` */
export function kernelAbilities(config: ReadonlyMap<string, string>): KernelAbilities {
  const without = (symbols: readonly string[], values: readonly string[]) =>
    symbols
      .map((symbol) => `CONFIG_${symbol}`)
      .filter((symbol) => !values.includes(config.get(symbol) ?? 'n'));
  const lacks = [...without(BOOT, ['y']), ...without(HOST, ['y', 'm'])];
  const storage = {
    mmc: without(STORAGE.mmc, ['y']),
    nvme: without(STORAGE.nvme, ['y']),
    usb: without(STORAGE.usb, ['y']),
    dm: without(STORAGE.dm, ['y']),
  };
  const hasDisk = DISKS.some((name) => storage[name].length === 0);
  return { for: lacks.length === 0 && hasDisk ? 'jetson' : 'emulation', lacks, storage };
}
