// SPDX-License-Identifier: Apache-2.0

/** What people, editors and vendors' scripts do to extlinux.conf; `ours` is the path of our kernel, or of the board's. */
export const MENU_EDITS: Readonly<Record<string, (text: string, ours: string) => string>> = {
  crlf: (text) => text.replace(/\r?\n/g, '\r\n'),
  lf: (text) => text.replaceAll('\r', ''),
  'no newline at the end': (text) => text.replace(/[\r\n]+$/, ''),
  'trailing blanks': (text) => text.replace(/(\S)(\r?\n)/g, '$1 \t$2'),
  'comments stripped': (text) => text.replace(/^[ \t]*#.*\n?/gm, ''),
  'the closing marker gone': (text) => text.replace(/^# <<<.*\n?/m, ''),
  'the opening marker gone': (text) => text.replace(/^# >>>.*\n?/m, ''),
  'our block cut out by sed': (text) => text.replace(/^# >>> bpmp-virt(?:.|\n)*?^# <<< bpmp-virt.*\n?/m, ''),
  'our label gone': (text) => text.replace(/^LABEL bpmp-virt.*\n/m, ''),
  'markers indented': (text) => text.replace(/^# (?=>>>|<<<)/gm, '  #  '),
  'DEFAULT primary': (text) => text.replace(/^DEFAULT.*$/gm, 'DEFAULT primary'),
  'DEFAULT of ours by hand': (text) => text.replace(/^DEFAULT.*$/gm, 'DEFAULT bpmp-virt'),
  'no DEFAULT': (text) => text.replace(/^DEFAULT.*\n/gm, ''),
  'an entry more': (text) => `${text}\nLABEL mine\n  LINUX /boot/Image\n  APPEND root=PARTUUID=1\n`,
  'an entry that uses our kernel': (text, ours) =>
    `${text}\nLABEL copy\n  LINUX ${ours.replace('/bpmp-virt/', '//bpmp-virt/')}\n  APPEND root=PARTUUID=1 bpmp_virt.entry=x\n`,
  'jetson-io': (text) =>
    `${text.replace(/^DEFAULT.*$/gm, 'DEFAULT JetsonIO')}\nLABEL JetsonIO\n\tLINUX /boot/Image\n\tFDT /boot/dtb/x\n\tAPPEND \${cbootargs}\n\tOVERLAYS /boot/y.dtbo\n`,
  'primary renamed': (text) => text.replace('LABEL primary', 'LABEL first'),
  'FDT of flash.sh': (text) => text.replace(/^(\s*)LINUX.*$/gm, '$&\n$1FDT /boot/dtb/kernel_x.dtb'),
};
