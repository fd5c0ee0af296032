// SPDX-License-Identifier: Apache-2.0

/** A failure of flashing that people meet often: how a line of its log looks, what it is, and what helps. */
export type FlashSignature = {
  readonly name: string;
  /** Matches one line, without its time stamp. */
  readonly pattern: RegExp;
  /** Has to match in the lines just before or after as well. */
  readonly near?: RegExp;
  /** A symptom counts only where no line of the log names a cause. */
  readonly isSymptom?: true;
  /** The scripts retry it: it counts only where the log does not go on with the work after it. */
  readonly isRetried?: true;
  readonly what: string;
  readonly hint: string;
};

const AGAIN = 'Put the board into recovery again before you retry.';

/** For one line the first that matches counts; among lines, the last of the log. */
export const FLASH_SIGNATURES: readonly FlashSignature[] = [
  {
    name: 'no-space',
    pattern:
      /No space left on device|\bErrno 28\b|\bENOSPC\b|[Dd]isk quota exceeded|[Nn]ot enough (?:free )?(?:disk )?space/,
    what: 'a disk is full: this machine’s, or the board’s where the line is from the board',
    hint: 'Make room on the disk that holds Linux_for_Tegra and on that of /tmp (df -h), 40 GiB for an image of the root file system; what was unpacked when the disk was full is not whole.',
  },
  {
    name: 'host-kernel',
    pattern:
      /modprobe: FATAL: Module \S+ not found in directory \/lib\/modules\/\S*(?:microsoft|WSL|linuxkit|generic|amd64|x86_64)|(?:exportfs|nfsd|rpc\.nfsd)\b.*(?:[Ff]unction not implemented|unable to mount)|unknown filesystem type '?nfsd/i,
    what: 'the kernel of this machine lacks a module that NVIDIA’s scripts need (WSL, a container, or a kernel whose modules were removed by an update)',
    hint: 'Flash from Linux that runs on the machine itself; after an update of its kernel restart it first. WSL’s own kernel has no NFS server.',
  },
  {
    name: 'modules-missing',
    pattern:
      /lib\/modules\/\S+.*(?:No such file|not found|does not exist|Not a directory)|depmod: .*(?:ERROR|FATAL)|modprobe: FATAL: Module \S+ not found/i,
    what: 'the root file system has no modules of the kernel that the flashing image is made of',
    hint: 'rootfs/lib/modules has to have the folder that the line names: run apply_binaries.sh again, with a bundle of the same kernel; a root file system that somebody else prepared may be damaged or of another release.',
  },
  {
    name: 'board-spec',
    pattern:
      /No Board Spec|board ?spec.*(?:not found|missing|empty)|BOARDID.*(?:not (?:set|found)|missing|empty)/i,
    what: 'NVIDIA’s scripts have no description of the module that they found',
    hint: 'Name it: BOARDID, BOARDSKU, FAB and BOARDREV in the environment (BOARDID=3767 BOARDSKU=0000 FAB=300), and the board’s .conf file with --board.',
  },
  {
    name: 'fused-board',
    pattern:
      /Return value 8\b|(?:board|device|chip|target) is (?:fused|secured?)|\b(?:PKC|SBK)\b.*\b(?:required|needed|missing|mismatch|not (?:given|provided|found))|\b(?:no|wrong|invalid|missing) (?:PKC|SBK)\b|\b(?:PKC|SBK) protected target board/i,
    near: /\bbct_br\b|presigned|fused|secure|PKC|SBK|--key|-u\b/i,
    what: 'the board’s boot ROM refused the boot table: the board may be fused, and takes only what is signed with its keys',
    hint: `Ask whoever fused it for the keys, and flash with -u (PKC) and -v (SBK) of flash.sh; a board without fused keys takes neither. Where nobody fused it, the connection is bad: use another cable and port. ${AGAIN}`,
  },
  {
    name: 'usb-write-timeout',
    pattern:
      /timeout in USB write|USB (?:write|bulk|transfer).*(?:fail|error|timed? ?out)|(?:ERROR|failed).*(?:USB write|bulk transfer)/i,
    isRetried: true,
    what: 'the board stopped answering while the first boot table was sent',
    hint: 'Put it into recovery again and flash within a minute; use a short cable to a port of the machine itself, and switch USB autosuspend off (echo -1 | sudo tee /sys/module/usbcore/parameters/autosuspend).',
  },
  {
    name: 'ssh-keygen-dsa',
    pattern:
      /unknown key type dsa|ssh-keygen.*\bdsa\b.*(?:fail|error|unknown|unsupported|not)|DSA keys? .*not supported/i,
    what: 'this machine’s OpenSSH makes no DSA keys any more, which the recovery image’s script asks for',
    hint: 'Flash from Ubuntu 22.04, or take “dsa” out of tools/ota_tools/version_upgrade/ota_make_recovery_img_dtb.sh.',
  },
  {
    name: 'nfs-file-system',
    pattern: /does not support NFS export|requires fsid=|access denied by server while mounting/i,
    what: 'this machine does not export the root file system by NFS: the file system that holds it may be one that cannot be exported (ZFS without sharenfs, overlay, FUSE)',
    hint: 'Put Linux_for_Tegra on ext4 or XFS (findmnt -T Linux_for_Tegra shows what it is on), or set fsid= for it in /etc/exports; `exportfs -v` shows what is exported.',
  },
  {
    name: 'nfs',
    pattern:
      /mount\.nfs4?: |clnt_create: RPC|RPC: (?:Program not registered|Port mapper failure|Unable to receive)|(?:nfs|rpcbind)\S* .*(?:could not be found|Unit \S+ not found)|Failed to (?:re)?start (?:nfs|rpcbind)|Job for (?:nfs|rpcbind)\S* failed|\bare not exported$|(?:exportfs|rpcbind|rpc\.mountd|rpc\.nfsd|nfs-(?:kernel-)?server)\b.*(?:not found|fail|error|refused|inactive|No such|could not|not (?:running|installed))/i,
    what: 'the board could not mount this machine’s export over the USB network',
    hint: 'Install and start nfs-kernel-server, and let the firewall pass the USB network (sudo ufw disable while flashing).',
  },
  {
    name: 'missing-program',
    pattern:
      /(?:^|[\s:])[\w+-][\w.+-]*: command not found|(?:^|: )(?!\.\/)[\w./-]+: not found$|FileNotFoundError: .*No such file or directory: '[\w+-]+(?:\.\d+)*'|ModuleNotFoundError: No module named|(?:ERROR|error:?) [\w.+-]+ not (?:found|installed)!|^error: [\w.+-]+ not found$|^The required \S+ is not installed|Could not find (?:dtc|cpp|lz4c?|openssl|python3?)$|env: .+: No such file or directory$|exec: "?[\w.+-]+"?: .*not found|[Cc]annot find (?:program|command|tool) /,
    what: 'a program that NVIDIA’s scripts call is not installed on this machine',
    hint: 'Install it: tools/l4t_flash_prerequisites.sh of Linux_for_Tegra has the list, and `bpmp-virt flash --dry-run` names what is missing with the line that installs it.',
  },
  {
    name: 'rootfs-owners',
    pattern: /must be owned by (?:uid 0|root)|setuid bit set|wrong ownership/i,
    what: 'the root file system was unpacked without root or without -p: its files have the wrong owner',
    hint: 'Remove rootfs/ as root and run `bpmp-virt flash --rootfs FILE` again.',
  },
  {
    name: 'rootfs-file-system',
    pattern:
      /Cannot (?:mknod|change ownership|create symlink|hard link|change mode|open).*: (?:Operation not (?:permitted|supported)|Function not implemented)|mknod: .*Operation not (?:permitted|supported)/i,
    what: 'the root file system could not be unpacked with its owners, links and device files',
    hint: 'Unpack it as root, on ext4 or XFS: NTFS, exFAT, a Windows drive below /mnt of WSL and folders shared with a virtual machine cannot hold it. Remove rootfs/ as root, and run `bpmp-virt flash --rootfs FILE` again.',
  },
  {
    name: 'damaged-archive',
    pattern:
      /Unexpected EOF in archive|does not look like a tar archive|(?:bzip2|gzip|xz|lz4|zstd)\b.*(?:unexpected end|integrity|data error|corrupt|CRC error|not in gzip format)|sha1 checksum does not match/i,
    what: 'an archive or an image is cut off or damaged',
    hint: 'Download it again, and compare its sum with the one of the release; then make the images anew.',
  },
  {
    name: 'host-arch',
    pattern:
      /(?:tegra\w+|mkbootimg|mkbctpart|mksparse|nvsimg2img|simg2img)\b.*(?:Exec format error|cannot execute binary file)/,
    what: 'NVIDIA’s programs are for x86-64, which this machine is not',
    hint: 'Flash from a machine with an x86-64 processor.',
  },
  {
    name: 'binfmt',
    pattern: /Exec format error|install qemu-user-static/,
    what: 'this machine does not run programs of arm64, which apply_binaries.sh starts inside the root file system',
    hint: 'sudo apt-get install qemu-user-static binfmt-support, and sudo systemctl restart systemd-binfmt; /proc/sys/fs/binfmt_misc/qemu-aarch64 then says “enabled”.',
  },
  {
    name: 'not-root',
    pattern:
      /requires? root privilege|run as (?:sudo|root)|must be (?:run as )?root|sudo: a (?:terminal|password) is required|sudo: \d+ incorrect password/i,
    what: 'NVIDIA’s scripts were not run as root',
    hint: 'Run them with sudo; where nobody can type a password, run `sudo -v` before.',
  },
  {
    name: 'loop-device',
    pattern:
      /losetup: .*(?:cannot find|fail|No such|not permitted)|failed to set ?up loop device|\/dev\/loop\S*.*(?:does not exist|No such file)/i,
    what: 'this machine gave no loop device, on which the image of the root file system is made',
    hint: 'sudo modprobe loop; a container needs --privileged and the /dev of the machine (-v /dev:/dev). `losetup -a` shows those that earlier runs left.',
  },
  {
    name: 'unknown-board',
    pattern: /Invalid target board|Error: Invalid board name/i,
    what: 'NVIDIA’s scripts have no configuration of that name',
    hint: 'Name one of the .conf files in Linux_for_Tegra, without the ending, with --board.',
  },
  {
    name: 'several-boards',
    pattern: /too many (?:Jetson )?devices/i,
    what: 'more than one board is in recovery mode',
    hint: 'Choose one with --usb, flash all with --all, or unplug the others.',
  },
  {
    name: 'rootfs-not-prepared',
    pattern:
      /rootfs\/(?:boot|etc|lib|usr|bin|sbin|var)\b.*(?:No such file|not found|does not exist|missing)|(?:cannot stat|No such file or directory:?).*rootfs\/(?:boot|etc|lib|usr|bin|sbin|var)\b|nv_tegra_release.*(?:not found|No such)|rootfs.*is (?:empty|not (?:a directory|populated|prepared))|apply_binaries(?:\.sh)?\b.*(?:first|before|not (?:been )?run)/i,
    what: 'the sample root file system was not unpacked, or apply_binaries.sh did not run',
    hint: 'Run `bpmp-virt flash --rootfs FILE` again: it does both.',
  },
  {
    name: 'rootfs-too-big',
    pattern:
      /APPSIZE.*too small|num_sectors.*(?:larger|exceed|bigger)|APPSIZE might be too small|(?:rootfs|root file system|APP|system\.img)\b.* is bigger than|partition.*too (?:small|large)|(?:layout|GPT|size).*(?:exceeds|does not fit)|File system .* too (?:big|large)/i,
    what: 'the root file system does not fit the partition, or the layout does not fit the disk',
    hint: 'Give the size of the partition with -S to flash.sh, or the number of sectors of your disk in the layout’s XML.',
  },
  {
    name: 'qspi',
    pattern:
      /\b(?:mtd_debug|flash_?erase(?:all)?|flashcp|mtdinfo)\b.*(?:fail|error|not found|No such|cannot)|\/dev\/mtd\d*\b.*(?:fail|error|No such|cannot|not|busy)|(?:fail|error|cannot|unable|could not|No such).*(?:\/dev\/mtd\d*|(?<!non-)\bqspi\b(?! image)|\bmtd\d+\b|spi-nor|mtdblock)|(?:(?<!non-)\bqspi\b(?! image)|spi-nor|mtdblock).*(?:fail|error|not (?:found|detected)|missing|unrecognized)/i,
    what: 'the board’s QSPI flash, which has its firmware, could not be written',
    hint: `The flashing system found no QSPI, or its driver (spi-tegra210-quad, spi-nor, mtd) is missing in the root file system’s modules: take the modules of NVIDIA’s own kernel for flashing. ${AGAIN} Do not cut its power meanwhile: a board whose QSPI is half written boots nothing, and is still flashed in recovery.`,
  },
  {
    name: 'flash-kernel',
    pattern: /No UDC found|\/sys\/class\/udc.*(?:empty|No such)/i,
    what: 'the kernel of the flashing image started on the board, and has no USB device controller to speak through',
    hint: 'The flashing image is made of rootfs’s /boot/Image and modules: leave NVIDIA’s own kernel there while you flash (`bpmp-virt flash` adds ours beside it), with tegra-xudc and its PHY in lib/modules.',
  },
  {
    name: 'external-device',
    pattern:
      /could not find (?:nvme|mmcblk|sd[a-z])|got \w+ when expecting (?:nvme|mmcblk|sd)|Could not stat device \/dev\/(?:nvme|mmcblk|sd)|\/dev\/(?:nvme|mmcblk|sd)\w*: (?:No medium found|No such (?:file|device))|nvme.*timeout, aborting|device \/dev\/(?:nvme|mmcblk|sd)\w* is still not ready/i,
    isRetried: true,
    what: 'the board’s flashing system does not see the disk that it is to write',
    hint: 'See that the NVMe (or the card) sits firmly and is the one that --storage names; try another drive: some come up too late. What is on the board is not complete until a run ends well.',
  },
  {
    name: 'partition-table',
    pattern: /NV3P_SERVER.*(?:GPT|partition table)|Failed to initialize partition table/i,
    what: 'the board’s boot loader found a partition table in its QSPI that it does not take',
    hint: 'Flash with l4t_initrd_flash.sh, which writes the QSPI from Linux (`bpmp-virt flash --storage nvme` does); flash.sh works again after that.',
  },
  {
    name: 'eeprom-damaged',
    pattern: /calculated CRC8 .*!= stored/i,
    what: 'the EEPROM of the module or of the carrier does not have what its own check sum says',
    hint: 'Name the board yourself: BOARDID, BOARDSKU, FAB and BOARDREV in the environment, and its .conf file with --board. A module whose EEPROM is damaged goes back to its seller.',
  },
  {
    name: 'carrier-eeprom',
    pattern: /eeprom: Failed to read I2C slave|I2C: Could not (?:write|read) .*slave: 0x00a[0-9a-f]\b/i,
    what: 'the board’s boot loader could not read an EEPROM: 0xac is that of the carrier, which many carriers do not have; 0xa0 that of the module',
    hint: 'Flash with the BSP of the carrier’s maker, or set cvb_eeprom_read_size to 0 in the MB2 configuration of the board (NVIDIA’s adaptation guide, “Modifying the EEPROM”).',
  },
  {
    name: 'mounts-left',
    pattern: /rootfs\/(?:proc|sys|dev|run)\b.*(?:busy|already mounted)/i,
    what: 'an earlier run left something mounted inside the root file system',
    hint: 'findmnt | grep rootfs shows it; unmount it with sudo umount before you remove or change rootfs/.',
  },
  {
    name: 'automounter',
    pattern:
      /udisks.*(?:mount|busy)|gvfs.*(?:mount|busy)|already mounted|\/(?:dev|media)\/\S+ is mounted|target is busy|Device or resource busy/i,
    isRetried: true,
    what: 'this machine’s automounter took the board’s disks while they were written',
    hint: 'sudo systemctl stop udisks2.service, and start it again afterwards.',
  },
  {
    name: 'path-with-space',
    pattern: /(?:unexpected operator|too many arguments|ambiguous redirect|binary operator expected)/i,
    what: 'NVIDIA’s scripts do not quote: a space or a colon in the path breaks them',
    hint: 'Use a work folder whose path has neither.',
  },
  {
    name: 'board-mismatch',
    pattern:
      /(?:failed|fails|error|unable|cannot|could not|invalid|bad).*\bEEPROM\b(?! module not specified)|\bEEPROM\b.*(?:fail|error|mismatch|invalid|bad|timed? ?out)|board ?(?:id|sku).*(?:mismatch|invalid|not supported)|Unrecognized module SKU|(?:board|module|SKU).*does not match/i,
    what: 'the module that was found is not the one that the board’s configuration is for',
    hint: 'Name the configuration with --board (the .conf files in Linux_for_Tegra), or check that the module sits firmly.',
  },
  {
    name: 'no-device',
    pattern:
      /[Nn]ot in recovery|[Nn]o (?:[\w-]+ )?(?:device|Jetson|board).*(?:found|recovery)|^No devices to flash|probing the target board failed|Cannot open USB|No such device.*0955/i,
    isRetried: true,
    what: 'no board in recovery mode answered',
    hint: 'Hold the recovery button while you press reset; lsusb then shows 0955:7x23. In a virtual machine, pass the port through, not the device.',
  },
  {
    name: 'usb-network',
    pattern:
      /Device failed to boot to the initrd|Device ping failed after RCM boot|cannot connect to its ssh server|Network interface disappears|SSH is not ready|(?:rndis|usb0).*(?:not found|fail|error|No such)|ssh: connect to host (?:fc00|fe80)\S* .*(?:timed out|unreachable|refused)|^\W*(?:Error: )?Time(?:d )?out\b/i,
    near: /Waiting for (?:target to boot|device to expose ssh)|Device (?:failed to boot|ping failed)|ssh server|SSH is not ready|rndis|usb0|ssh: /i,
    isSymptom: true,
    what: 'the board started its flashing system, and its USB network did not come up here',
    hint: `Switch the firewall off, keep NetworkManager from renaming usb0, take other Jetsons off the machine, and flash again. ${AGAIN}`,
  },
  {
    name: 'board-info',
    pattern:
      /chip_info\.bin\w* missing|Target board not found|(?:Parsing|Reading) board information failed|Boot Rom communication failed|ECID read failed|could not retrieve EEPROM board information|USB communication failed/i,
    isSymptom: true,
    isRetried: true,
    what: 'the board did not say what it is: it was not in recovery mode any more, or the connection is bad',
    hint: `Use a short cable to a port of the machine itself. ${AGAIN}`,
  },
  {
    name: 'boot-loader-silent',
    pattern:
      /None of the bootloaders are running|(?:Applet\/MB2|mb2 applet) is not running|failed to get storage info/i,
    isSymptom: true,
    isRetried: true,
    what: 'the board took its boot loader, which then did not answer',
    hint: `Its serial console says why. Orin NX and Nano have no eMMC for flash.sh to write to: l4t_initrd_flash.sh (\`bpmp-virt flash --storage nvme\`) flashes them. ${AGAIN}`,
  },
  {
    name: 'flash-command',
    pattern:
      /Error flashing non-qspi storage|Either the device cannot mount the NFS server on the host or a flash command has failed/i,
    isSymptom: true,
    what: 'a command of the board’s own flashing system failed, or it could not mount this machine’s export',
    hint: 'Which one, says the debug log that the line names, or Linux_for_Tegra/initrdlog: `bpmp-virt flash --explain` reads it.',
  },
];
