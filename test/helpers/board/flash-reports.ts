// SPDX-License-Identifier: Apache-2.0

/** Lines as people report them, by the signature that has to know them. */
export const FLASH_REPORTS: Readonly<Record<string, readonly string[]>> = {
  'usb-write-timeout': [
    '[   2.1] Sending bct_br\n[   7.4] ERROR: might be timeout in USB write.',
    'Error: Return value 3\nmight be timeout in USB write',
  ],
  automounter: [
    'mount: /mnt: /dev/sda1 already mounted on /media/user/x.',
    'umount: /mnt/x: target is busy.',
  ],
  'rootfs-too-big': [
    'ERROR: APPSIZE 29GiB is too small for the root file system',
    'num_sectors 119537664 is larger than the disk',
  ],
  'rootfs-not-prepared': [
    'cp: cannot stat rootfs/boot/extlinux/extlinux.conf',
    'No such file or directory: rootfs/etc/passwd',
  ],
  'rootfs-owners': ['sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set'],
  'path-with-space': ['./flash.sh: line 12: [: too many arguments /home/me/my work/Linux_for_Tegra'],
  'board-mismatch': [
    'Error: Unrecognized module SKU 0099',
    'ERROR: failed to read EEPROM: board SKU mismatch',
  ],
  'no-space': [
    '  File "/srv/Linux_for_Tegra/bootloader/tegraflash_internal.py", line 1016, in tegraflash_encrypt_sign_binary\nOSError: [Errno 28] No space left on device',
    'tar: ./usr/lib/x.so: Cannot write: No space left on device',
    "cp: error writing '/mnt/external/x': No space left on device",
  ],
  'modules-missing': [
    "cp: cannot stat '/srv/Linux_for_Tegra/rootfs/lib/modules/6.12.5/kernel/drivers/mtd': No such file or directory",
    'modprobe: FATAL: Module mtdblock not found in directory /lib/modules/5.15.148-tegra',
  ],
  'board-spec': ['Error: No Board Spec found for 3767-300-0099'],
  'fused-board': [
    '[   0.0335 ] rcm boot with presigned binaries\n[   0.0341 ] tegrarcm_v2 --new_session --chip 0x23 0 --uid --download bct_br br_bct_BR.bct\nError: Return value 8\nCommand tegrarcm_v2 --new_session --chip 0x23 0 --uid --download bct_br br_bct_BR.bct\nFailed flashing t23x.',
    'Error: the board is fused, and no PKC key was given',
  ],
  'missing-program': [
    './tools/kernel_flash/l4t_initrd_flash_internal.sh: line 401: zstd: command not found',
    '/bin/sh: 1: xmlstarlet: not found',
    "FileNotFoundError: [Errno 2] No such file or directory: 'lz4c'",
  ],
  'nfs-file-system': [
    'mount.nfs: access denied by server while mounting [fc00:1:1:0::1]:/pool/Linux_for_Tegra/rootfs',
    'exportfs: /pool/Linux_for_Tegra/rootfs does not support NFS export',
  ],
  qspi: [
    'mtd_debug: error!: open()\nError flashing qspi',
    "dd: failed to open '/dev/mtd0': No such file or directory",
    'flash_erase: error!: /dev/mtd0',
    'Error: could not flash the qspi',
  ],
  nfs: [
    'exportfs: command not found',
    'mount.nfs: Connection timed out',
    'clnt_create: RPC: Program not registered',
  ],
  'usb-network': [
    'Waiting for target to boot-up...\nTimeout',
    'Device failed to boot to the initrd flash kernel.',
    'SSH is not ready',
  ],
  'ssh-keygen-dsa': ['unknown key type dsa', 'ssh-keygen -t dsa -f x failed'],
  'flash-kernel': ['Error: No UDC found in /sys/class/udc'],
  'external-device': [
    'Waiting for USB storage device nvme0n1 from a43....[got flashpkg when expecting nvme0n1]',
    'ERR: could not find nvme0n1',
    'Error: Could not stat device /dev/mmcblk0 - No such file or directory.',
    'ERROR: Error: /dev/sda: No medium found',
  ],
  'partition-table': ['E> NV3P_SERVER: Failed to initialize partition table from GPT.'],
  'eeprom-damaged': [
    '--- Parsing board ID (ERROR: calculated CRC8 0x81 != stored CRC8 0xdf) succeeded.\nError: Target board not found.',
  ],
  'board-info': ['ERR: chip_info.bin_bak missing after dumping boardinfo'],
  'flash-command': [
    'Either the device cannot mount the NFS server on the host or a flash command has failed. Debug log saved to /tmp/tmp.x.',
  ],
  'no-device': ['Error: probing the target board failed.', 'Cannot open USB device'],
};
