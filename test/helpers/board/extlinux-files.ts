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

/**
 * Boot menus as they are in the wild, by their forms: camera makers', carrier boards', Yocto layers', what people show in forums.
 * Every path in them stands for a file that is there.
 */
export const WILD_MENUS: Readonly<Record<string, string>> = {
  'a label with blanks, FDT before APPEND': `TIMEOUT 30
DEFAULT Maker X021 GMSL2 Camera Device Tree Overlay

MENU TITLE L4T boot options

LABEL primary
      MENU LABEL primary kernel
      LINUX /boot/Image
      INITRD /boot/initrd
      FDT /boot/maker.dtb
      APPEND \${cbootargs} quiet root=PARTUUID=1 rw rootwait

LABEL Maker X021 GMSL2 Camera Device Tree Overlay
\tMENU LABEL Maker X021 GMSL2 Camera Device Tree Overlay
\tLINUX /boot/Image
\tFDT /boot/dtb/kernel_maker.dtb
\tINITRD /boot/initrd
\tAPPEND \${cbootargs} quiet root=PARTUUID=1 rw rootwait
\tOVERLAYS /boot/maker-camera.dtbo
`,
  'an old DEFAULT as a comment': `TIMEOUT 100
#DEFAULT JetsonIO
DEFAULT 4143kernel

LABEL primary
      LINUX /boot/Image
      INITRD /boot/initrd
      APPEND \${cbootargs} root=PARTUUID=1 rw

LABEL 4143kernel
      MENU LABEL 4143 kernel
      LINUX /boot/Image-4143
      INITRD /boot/initrd
      APPEND \${cbootargs} root=PARTUUID=1 rw
`,
  'of a Yocto layer': `DEFAULT primary
TIMEOUT 30
MENU TITLE Boot Options
LABEL primary
      MENU LABEL primary Image
      FDT default
      OVERLAYS /boot/a.dtbo,/boot/b.dtbo
      LINUX /boot/Image
      APPEND \${cbootargs} root=PARTUUID=1 rw rootwait
`,
  'nothing indented, as pasted from a page': `TIMEOUT 30
DEFAULT JetsonIO
LABEL primary
LINUX /boot/Image
INITRD /boot/initrd
APPEND \${cbootargs} root=PARTUUID=1 rw
LABEL JetsonIO
MENU LABEL Custom Header Config: <HDR40 User Custom [2022-09-29-210441]>
LINUX /boot/Image
FDT /boot/spi.dtb
INITRD /boot/initrd
APPEND \${cbootargs} root=PARTUUID=1 rw`,
  'two entries of one name, DEFAULT last': `TIMEOUT 30
LABEL primary
\tLINUX /boot/Image
\tINITRD /boot/initrd
\tAPPEND \${cbootargs} root=PARTUUID=1 rw one
LABEL primary
\tLINUX /boot/Image
\tAPPEND \${cbootargs} root=PARTUUID=1 rw two
DEFAULT primary
`,
  'overlays parted by blanks, backslashes, FDTDIR': `TIMEOUT 50
DEFAULT Board

LABEL primary
  LINUX \\boot\\Image
  FDTDIR /boot/dtb
  APPEND \${cbootargs} root=PARTUUID=1 rw

LABEL Board
  LINUX /boot//Image
  FDT /boot/dtb/x.dtb
  INITRD /boot/initrd
  APPEND \${cbootargs} root=PARTUUID=1 rw
  OVERLAYS /boot/camera.dtbo /boot/pins.dtbo
`,
  'CRLF, a comment behind a label': `TIMEOUT 30\r\nDEFAULT primary # the stock one\r\n\r\nLABEL primary\r\n  LINUX /boot/Image\r\n  INITRD /boot/initrd\r\n  APPEND \${cbootargs} root=PARTUUID=1 rw\r\n`,
};

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
