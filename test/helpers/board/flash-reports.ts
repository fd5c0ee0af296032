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
    'Failed. Your APPSIZE might be too small.',
    'Error: rootfs is bigger than the partition APP',
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
    'Error: Either RSA key file and/or SBK key file is not provided for SBK and PKC protected target board.',
  ],
  'missing-program': [
    './tools/kernel_flash/l4t_initrd_flash_internal.sh: line 401: zstd: command not found',
    '/bin/sh: 1: xmlstarlet: not found',
    "FileNotFoundError: [Errno 2] No such file or directory: 'lz4c'",
    "ModuleNotFoundError: No module named 'yaml'",
    '[   1.6423 ] Generating BPMP dtb for ramcode - 0\nError: Could not find dtc',
    'ERROR abootimg not found! To install - please run: ',
    '/usr/bin/env: ‘python’: No such file or directory',
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
    'Failed to start nfs-kernel-server.service: Unit nfs-kernel-server.service not found.',
    '/srv/Linux_for_Tegra/rootfs and /srv/Linux_for_Tegra/tools/kernel_flash are not exported',
  ],
  'usb-network': [
    'Waiting for target to boot-up...\nTimeout',
    'Device failed to boot to the initrd flash kernel.',
    'SSH is not ready',
    '16:12:14.015 - Waiting for target to boot-up...\n16:12:15.019 - Error: Timeout\n16:12:15.022 - Error: Device ping failed after RCM boot.\n16:12:15.024 - Error: This can be due to XUSB not being enabled or device failed to boot.',
    'Waiting for device to expose ssh .........09:10:11.100 - Error: Timeout\n09:10:11.101 - Error: Device should have booted into initrd kernel now. However, the host cannot connect to its ssh server',
    'ssh: connect to host fe80::1%usb0 port 22: Connection timed out',
  ],
  'ssh-keygen-dsa': ['unknown key type dsa', 'ssh-keygen -t dsa -f x failed'],
  'flash-kernel': ['Error: No UDC found in /sys/class/udc'],
  'external-device': [
    'Waiting for USB storage device nvme0n1 from a43....[got flashpkg when expecting nvme0n1]',
    'ERR: could not find nvme0n1',
    'Error: Could not stat device /dev/mmcblk0 - No such file or directory.',
    'ERROR: Error: /dev/sda: No medium found',
    'Connection timeout: device /dev/nvme0n1 is still not ready.',
    '[  201.5] nvme nvme0: I/O 24 QID 0 timeout, aborting',
  ],
  'partition-table': ['E> NV3P_SERVER: Failed to initialize partition table from GPT.'],
  'eeprom-damaged': [
    '--- Parsing board ID (ERROR: calculated CRC8 0x81 != stored CRC8 0xdf) succeeded.\nError: Target board not found.',
  ],
  'board-info': [
    'ERR: chip_info.bin_bak missing after dumping boardinfo',
    '[   0.0152 ] Boot Rom communication failed\nError: Return value 3',
    '*** Error: ECID read failed.',
    'Reading board information failed.',
  ],
  'flash-command': [
    'Either the device cannot mount the NFS server on the host or a flash command has failed. Debug log saved to /tmp/tmp.x.',
    'Error flashing non-qspi storage',
  ],
  'no-device': ['Error: probing the target board failed.', 'Cannot open USB device', 'No devices to flash'],
  'host-kernel': [
    'modprobe: FATAL: Module nfsd not found in directory /lib/modules/5.15.153.1-microsoft-standard-WSL2',
    'exportfs: /srv/Linux_for_Tegra/rootfs: Function not implemented',
  ],
  'rootfs-file-system': [
    'tar: ./dev/null: Cannot mknod: Operation not permitted',
    'tar: ./etc/shadow: Cannot change ownership to uid 0, gid 42: Operation not permitted',
  ],
  'damaged-archive': [
    'bzip2: Compressed file ends unexpectedly;\ntar: Unexpected EOF in archive',
    'Error: sha1 checksum does not match (0f != 1e) for system.img',
  ],
  'host-arch': [
    '/srv/Linux_for_Tegra/flash.sh: line 575: ./tegrarcm_v2: cannot execute binary file: Exec format error',
  ],
  binfmt: [
    'chroot: failed to run command ‘dpkg’: Exec format error',
    'ERROR: please install qemu-user-static package',
  ],
  'not-root': [
    'ERROR: This script requires root privilege',
    'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper',
  ],
  'loop-device': [
    'losetup: cannot find an unused loop device',
    'mount: /tmp/tmp.a: failed to setup loop device for /srv/Linux_for_Tegra/bootloader/system.img.raw.',
  ],
  'unknown-board': ['Error: Invalid target board - jetson-orin-nano-devkti.'],
  'several-boards': [
    'Error, too many devices in RCM mode\nFor signing and flashing, only one device is supported',
    '*** Error: Too many Jetson devices found.',
  ],
  'carrier-eeprom': [
    'I> I2C: Could not write 0 bytes to slave: 0x00ac with repeat start true.\nE> I2C_DEV: Failed to send register address 0x00000000.\nE> eeprom: Failed to read I2C slave device\nC> Task 0x0 failed (err: 0x1f1e050d)',
  ],
  'mounts-left': [
    "rm: cannot remove 'rootfs/proc': Device or resource busy",
    'umount: /srv/Linux_for_Tegra/rootfs/dev: target is busy.',
  ],
  'boot-loader-silent': [
    'Error: None of the bootloaders are running on device. Check the UART log.\nFailed flashing t23x.',
    '[ 13.6843 ] Applet/MB2 is not running on device.\n[ 47.4002 ] Error: failed to get storage info',
  ],
};

/** Logs of failures that no signature is for, each with a line that looks like one; by what they look like. */
export const UNKNOWN_REPORTS: Readonly<Record<string, string>> = {
  'a file that is missing, not a program':
    "FileNotFoundError: [Errno 2] No such file or directory: 'flash.xml.tmp'",
  'a boot table that is too big, not a root file system':
    'Error: BCT file size(9000) is bigger than the slot size(8192) ',
  'an argument that is missing, not an EEPROM': 'Error: EEPROM module not specified',
  'an image that could not be made, not a flash chip': 'Error: failed to generate QSPI image "jetson.img"',
  'a panic of another reason than USB':
    'VFS: Cannot open root device "nvme0n1p1"\nKernel panic - not syncing: Attempted to kill init!',
  'a USB that was tried again and came':
    '[   9.8 ] Cannot Open USB\n[  10.9 ] Cannot Open USB\n[  12.1 ] Sending blob\n[  90.1 ] Error: writing failed for a new reason',
  'a script of NVIDIA’s in another folder, not a program to install': 'sudo: ./flash.sh: command not found',
  'an unmount that was tried again':
    'umount: /tmp/tmp.a: target is busy.\n[ 12]: l4t_flash_from_kernel: Starting to flash to emmc\nError: failed for a new reason',
};
