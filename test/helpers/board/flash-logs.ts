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
[   0.2081 ] Sending bct_br
[   0.2518 ] Sending mb1
[   0.2530 ] Sending psc_bl1
[   0.2688 ] Boot Rom communication completed
[   0.2955 ] BL: version 1.4.0.4-t234-00000000-00000000 last_boot_error: 0
[   0.8881 ] Retrieving EEPROM data
Parsing module EEPROM:
--- Parsing board ID (3767) succeeded.
jetson-orin-nano-devkit found.
`;
/** The same until the board’s flashing system answers. */
const RCM_BOOT = ` Entering RCM boot
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
[ 208]: l4t_flash_from_kernel: Successfully flash the qspi
Flash is successful
`;

/** Whole logs of runs in which nothing failed. */
export const HEALTHY_LOGS: Readonly<Record<string, string>> = {
  'SDK Manager, JetPack 6': PROBE + RCM_BOOT + END,
  'with carriage returns': (PROBE + RCM_BOOT + END).replaceAll('\n', '\r\n'),
  'flash.sh, eMMC': `${PROBE}[  12.3 ] Writing partition secondary_gpt with gpt_secondary_3_0.bin\n[  99.1 ] Coldbooting the device\n*** The target t186ref has been flashed successfully. ***\n`,
  'until the probe': PROBE,
  'until the flashing system': PROBE + RCM_BOOT,
  'with modules and exports on the way': `${PROBE}Adding iptables rules\nnfs-kernel-server is running\nExporting rootfs by NFS: /srv/Linux_for_Tegra/rootfs\nmodprobe: usb_f_ncm loaded\nCopying rootfs/lib/modules/5.15.136-tegra\nudisks2 is stopped\n${RCM_BOOT}[ 12]: l4t_flash_from_kernel: Starting to flash to qspi\n[ 12]: l4t_flash_from_kernel: writing item=1, /dev/mtd0\n${END}`,
};

/** A whole log that ends in `lines`: of this machine before the board has booted, or of the board after. */
export function failedLog(lines: string, where: 'here' | 'board'): string {
  return `${PROBE}${where === 'board' ? RCM_BOOT : ''}${lines}\nFlash failure\nCleaning up...\n`;
}
