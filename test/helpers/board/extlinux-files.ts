// SPDX-License-Identifier: Apache-2.0

/** The primary entry's, there. */
export const APPEND = `\${cbootargs} root=PARTUUID=1234 rw rootwait rootfstype=ext4 console=ttyTCU0,115200`;

/** /boot/extlinux/extlinux.conf as a flashed AGX Orin has it. */
export const STOCK = `TIMEOUT 30
DEFAULT primary

MENU TITLE L4T boot options

LABEL primary
      MENU LABEL primary kernel
      LINUX /boot/Image
      INITRD /boot/initrd
      APPEND ${APPEND}

# When testing a custom kernel, it is recommended that you create a backup of
# the original kernel and add a new entry to this file
# LABEL backup
#    MENU LABEL backup kernel
#    LINUX /boot/Image.backup
`;

const JETSON_IO = `${STOCK.replace('DEFAULT primary', 'DEFAULT JetsonIO')}
LABEL JetsonIO
\tMENU LABEL Custom Header Config: <HDR40 x>
\tLINUX /boot/Image
\tFDT /boot/dtb/kernel_tegra234-p3737-0000+p3701-0000-nv.dtb
\tINITRD /boot/initrd
\tAPPEND \${cbootargs}
\tOVERLAYS /boot/tegra234-x.dtbo,/boot/y.dtbo
`;

/** Files that boards have, and what our entry takes from each. */
export const EXTLINUX_FILES: readonly [
  what: string,
  text: string,
  append: string,
  initrd: string | undefined,
][] = [
  ['stock', STOCK, APPEND, '/boot/initrd'],
  [
    'with FDT',
    STOCK.replace('      INITRD', '      FDT /boot/dtb/kernel_x.dtb\n      INITRD'),
    APPEND,
    '/boot/initrd',
  ],
  [
    'with entries of jetson-io',
    JETSON_IO,
    // DEFAULT is its own entry, which does not say where the root is.
    `\${cbootargs} root=/dev/mmcblk0p1 rw rootwait`,
    '/boot/initrd',
  ],
  ['CRLF', STOCK.replaceAll('\n', '\r\n'), APPEND, '/boot/initrd'],
  ['tabs', STOCK.replaceAll('      ', '\t'), APPEND, '/boot/initrd'],
  ['no newline at the end', STOCK.trimEnd(), APPEND, '/boot/initrd'],
  [
    'no APPEND',
    STOCK.replace(/ +APPEND.*\n/, ''),
    `\${cbootargs} root=/dev/mmcblk0p1 rw rootwait`,
    '/boot/initrd',
  ],
  ['no INITRD', STOCK.replace(/ +INITRD.*\n/, ''), APPEND, undefined],
  ['no DEFAULT', STOCK.replace('DEFAULT primary\n', ''), APPEND, '/boot/initrd'],
  [
    'a comment inside APPEND',
    STOCK.replace(' rootwait', ' # rootwait'),
    `\${cbootargs} root=PARTUUID=1234 rw`,
    '/boot/initrd',
  ],
  [
    'a DEFAULT with a comment',
    STOCK.replace('DEFAULT primary', 'DEFAULT  primary   # mine'),
    APPEND,
    '/boot/initrd',
  ],
  ['no entry called primary', STOCK.replaceAll('primary', 'first'), APPEND, '/boot/initrd'],
  ['nine entries', `${STOCK}${'LABEL x\nLINUX /x\n'.repeat(8)}`, APPEND, '/boot/initrd'],
  ['APPEND twice', STOCK.replace('      APPEND', '      APPEND quiet\n      APPEND'), APPEND, '/boot/initrd'],
  [
    'slot B of A/B',
    STOCK.replace('PARTUUID=1234', 'PARTUUID=b'),
    APPEND.replace('1234', 'b'),
    '/boot/initrd',
  ],
];
