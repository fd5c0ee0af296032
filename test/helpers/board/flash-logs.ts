// SPDX-License-Identifier: Apache-2.0

/** What a run of Jetson Linux 36.3 prints until the board’s module is known; every word of error in it is harmless. */
const PROBE = `###############################################################################
# L4T BSP Information:
# R36 , REVISION: 3.0
###############################################################################
Welcome to Tegra Flash
[   0.0250 ] File rcm_state open failed
[   0.0254 ] ERROR: failed to read rcm_state
[   0.1514 ] Error: Skip generating mem_bct because sdram_config is not defined
[   0.0785 ] tegrasign_v3.py --key None --list images_list.xml --pubkeyhash pub_key.key --sha sha512
[   0.0786 ] Assuming zero filled SBK key
[   0.0787 ] Warning: pub_key.key is not found
[   0.0790 ] WARNING: dce base dtb is not provided
[   0.0791 ] WARNING: boot chain is not completed. set to 0
[   0.2081 ] Sending bct_br
[   0.2518 ] Sending mb1
[   0.2530 ] Sending psc_bl1
[   0.2688 ] Boot Rom communication completed
[   0.2955 ] BL: version 1.4.0.4-t234-00000000-00000000 last_boot_error: 0
[   0.8881 ] Retrieving EEPROM data
Parsing module EEPROM:
--- Parsing board ID (3767) succeeded.
[   0.9001 ] File tmp.bct open failed
[   0.9002 ] Error: try getting custinfo fail. Moving on
Board ID(3767) version(300) sku(0005) revision(R.1)
jetson-orin-nano-devkit found.
`;
/** The same until the board’s flashing system answers. */
const RCM_BOOT = `User can run above saved command in factory environment without 
providing pkc and sbk keys to flash a device
/srv/Linux_for_Tegra/tools/kernel_flash/tmp 127.0.0.1(rw,nohide,insecure,no_subtree_check,async,no_root_squash)
Export list for localhost:
 Entering RCM boot
[   0.0116 ] rcm boot with presigned binaries
[   0.0420 ] Not supported type: mb2_applet
[   0.0560 ] Sending bct_br
[   0.2690 ] BL: version 1.4.0.4-t234-00000000-00000000 last_boot_error: 0
[   0.3446 ] Sending bct_mem
[   4.0518 ] RCM-boot started
*  Step 3: Start the flashing process *
Waiting for target to boot-up...
Waiting for target to boot-up...
Waiting for device to expose ssh ......Run command: flash on fc00:1:1:0::2
SSH ready
`;
const END = `[ 1]: l4t_flash_from_kernel: Successfully create gpt for external device
[ 207]: l4t_flash_from_kernel: Warning: skip writing uefi_ftw partition as no image is specified
Copied 16896 bytes from /mnt/internal/gpt_secondary_3_0.bin to address 0x03ffbe00 in flash
[ 208]: l4t_flash_from_kernel: Successfully flash the qspi
[ 306]: l4t_flash_from_kernel: The device size indicated in the partition layout xml is smaller than the actual size. This utility will try to fix the GPT.
Flash is successful
`;

/** What apply_binaries.sh and flash.sh of R36 print on the way, in words of errors, while all goes well. */
const NOISE = `debconf: unable to initialize frontend: Dialog
debconf: (No usable dialog-like program is installed, so the dialog based frontend cannot be used.)
perl: warning: Setting locale failed.
E: Can not write log (Is /dev/pts mounted?) - posix_openpt (19: No such device)
W: Couldn't identify type of root file system for fsck hook
rm: cannot remove '/srv/Linux_for_Tegra/bootloader/boot0.img': No such file or directory
./flash.sh: line 1705: /srv/Linux_for_Tegra/rootfs/etc/user_release_version: No such file or directory
WARNING: failed to find rollback config for " t186ref "
Failed to find flash.xml.tmp. Skip generating flash index file for now.
umount: /srv/Linux_for_Tegra/rootfs/dev: not mounted.
[   12.41] tegra194-pcie 14100000.pcie: Phy link never came up
[ 14]: l4t_flash_from_kernel: Cannot erase using blkdiscard. Write zero to partition /dev/mmcblk0p3
blkdiscard: /dev/mmcblk0p3: BLKDISCARD ioctl failed: Operation not supported
`;

/** Whole logs of runs in which nothing failed. */
export const HEALTHY_LOGS: Readonly<Record<string, string>> = {
  'SDK Manager, JetPack 6': PROBE + RCM_BOOT + END,
  // Until the last words, of which a log that is cut off has none: no line of it is a failure by itself.
  'SDK Manager’s own prefix, cut off': (PROBE + RCM_BOOT).replace(/^/gm, '13:41:23 INFO: '),
  'cut off before it says that it ended well': PROBE + RCM_BOOT + END.replace('Flash is successful\n', ''),
  'with carriage returns': (PROBE + RCM_BOOT + END).replaceAll('\n', '\r\n'),
  'flash.sh, eMMC': `${PROBE}[  12.3 ] Writing partition secondary_gpt with gpt_secondary_3_0.bin\n[  99.1 ] Coldbooting the device\n*** The target t186ref has been flashed successfully. ***\n`,
  'until the probe': PROBE,
  'until the flashing system': PROBE + RCM_BOOT,
  'with modules and exports on the way': `${PROBE}Adding iptables rules\nnfs-kernel-server is running\nExporting rootfs by NFS: /srv/Linux_for_Tegra/rootfs\nmodprobe: usb_f_ncm loaded\nCopying rootfs/lib/modules/5.15.136-tegra\nudisks2 is stopped\n${RCM_BOOT}[ 12]: l4t_flash_from_kernel: Starting to flash to qspi\n[ 12]: l4t_flash_from_kernel: writing item=1, /dev/mtd0\n${END}`,
};

/** The same, with lines that look like failures by themselves: what stands around them says that they are none. */
export const HEALTHY_IN_ALL: Readonly<Record<string, string>> = {
  'SDK Manager, where stderr is called an error': (PROBE + RCM_BOOT).replace(
    /^/gm,
    '2025-02-28 13:41:23 ERROR: Flash Jetson Orin Nano - flash: ',
  ),
  'noise of every kind': PROBE + NOISE + RCM_BOOT + END.replace('Flash is successful\n', ''),
  'a boot loader that USB was too early for': `${PROBE}[  12.8 ] Cannot Open USB\n[  13.9 ] USB communication failed.Check if device is in recovery\n${RCM_BOOT}`,
};

/** A whole log that ends in `lines`: of this machine before the board has booted, or of the board after. */
export function failedLog(lines: string, where: 'here' | 'board'): string {
  return `${PROBE}${where === 'board' ? RCM_BOOT : ''}${lines}\nFlash failure\nCleaning up...\n`;
}
