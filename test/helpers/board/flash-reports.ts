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
  nfs: ['exportfs: command not found', 'mount.nfs: Connection timed out'],
  'usb-network': [
    'Waiting for target to boot-up...\nTimeout',
    'Device failed to boot to the initrd flash kernel.',
    'SSH is not ready',
  ],
  'ssh-keygen-dsa': ['unknown key type dsa', 'ssh-keygen -t dsa -f x failed'],
  'no-device': ['Error: probing the target board failed.', 'Cannot open USB device'],
};
