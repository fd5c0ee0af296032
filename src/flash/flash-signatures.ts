// SPDX-License-Identifier: Apache-2.0

/** A failure of flashing that people meet often: how it looks in the log, what it is, and what helps. */
export type FlashSignature = {
  readonly name: string;
  readonly pattern: RegExp;
  readonly what: string;
  readonly hint: string;
};

/** In the order in which they are looked for: causes before what follows from them. */
export const FLASH_SIGNATURES: readonly FlashSignature[] = [
  {
    name: 'usb-write-timeout',
    pattern: /Sending bct_br(?:.|\n)*(?:ERROR|timeout|failed)|might be timeout in USB write/i,
    what: 'the board stopped answering while the first boot table was sent',
    hint: 'Put it into recovery again and flash within a minute; use a short cable to a port of the machine itself, and switch USB autosuspend off (echo -1 | sudo tee /sys/module/usbcore/parameters/autosuspend).',
  },
  {
    name: 'automounter',
    pattern: /udisks|gvfs|already mounted|is mounted|target is busy|Device or resource busy/i,
    what: 'this machine’s automounter took the board’s disks while they were written',
    hint: 'sudo systemctl stop udisks2.service, and start it again afterwards.',
  },
  {
    name: 'rootfs-too-big',
    pattern:
      /APPSIZE.*too small|num_sectors.*(?:larger|exceed|bigger)|is bigger than|partition.*too (?:small|large)/i,
    what: 'the root file system does not fit the partition, or the layout does not fit the disk',
    hint: 'Give the size of the partition with -S to flash.sh, or the number of sectors of your disk in the layout’s XML.',
  },
  {
    name: 'rootfs-not-prepared',
    pattern:
      /rootfs\/boot\/extlinux|No such file.*rootfs\/(?:boot|etc)|nv_tegra_release.*(?:not found|No such)/i,
    what: 'the sample root file system was not unpacked, or apply_binaries.sh did not run',
    hint: 'Run `bpmp-virt flash --rootfs FILE` again: it does both.',
  },
  {
    name: 'rootfs-owners',
    pattern: /must be owned by (?:uid 0|root)|sudo: .* must be owned|setuid bit set|wrong ownership/i,
    what: 'the root file system was unpacked without root or without -p: its files have the wrong owner',
    hint: 'Remove rootfs/ as root and run `bpmp-virt flash --rootfs FILE` again.',
  },
  {
    name: 'path-with-space',
    pattern:
      /(?:unexpected operator|too many arguments|ambiguous redirect|No such file or directory).* (?=.*Linux_for_Tegra)/i,
    what: 'NVIDIA’s scripts do not quote: a space or a colon in the path breaks them',
    hint: 'Use a work folder whose path has neither.',
  },
  {
    name: 'board-mismatch',
    pattern: /EEPROM|board ?sku.*(?:not|mismatch|invalid)|Unrecognized module SKU|does not match/i,
    what: 'the module that was found is not the one that the board’s configuration is for',
    hint: 'Name the configuration with --board (the .conf files in Linux_for_Tegra), or check that the module sits firmly.',
  },
  {
    name: 'nfs',
    pattern: /nfs|rpcbind|mount\.nfs|exportfs|rpc\.mountd/i,
    what: 'the board could not mount this machine’s export over the USB network',
    hint: 'Install and start nfs-kernel-server, and let the firewall pass the USB network (sudo ufw disable while flashing).',
  },
  {
    name: 'usb-network',
    pattern:
      /Waiting for device to expose ssh|Waiting for target to boot-up|Device failed to boot to the initrd|SSH is not ready|rndis|usb0.*(?:renamed|not found)/i,
    what: 'the board started its flashing system, and its USB network did not come up here',
    hint: 'Switch the firewall off, keep NetworkManager from renaming usb0, take other Jetsons off the machine, and flash again.',
  },
  {
    name: 'ssh-keygen-dsa',
    pattern: /ssh-keygen.*dsa|unknown key type dsa/i,
    what: 'this machine’s OpenSSH makes no DSA keys any more, which the recovery image’s script asks for',
    hint: 'Flash from Ubuntu 22.04, or take “dsa” out of tools/ota_tools/version_upgrade/ota_make_recovery_img_dtb.sh.',
  },
  {
    name: 'no-device',
    pattern:
      /Not in recovery|no (?:device|Jetson).*(?:found|recovery)|probing the target board failed|Cannot open USB/i,
    what: 'no board in recovery mode answered',
    hint: 'Hold the recovery button while you press reset; lsusb then shows 0955:7x23. In a virtual machine, pass the port through, not the device.',
  },
];

/** The first signature that a log shows; undefined for a failure that is not in the table. */
export function recogniseFailure(log: string): FlashSignature | undefined {
  return FLASH_SIGNATURES.find(({ pattern }) => pattern.test(log));
}
