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
  'a vendor’s kernel in every entry': (text) =>
    text
      .replace(/^( .*LINUX ).*$/gm, '$1/boot/vendor/Image-1')
      .replace(/^( .*INITRD ).*$/gm, '$1/boot/initrd'),
  'a vendor’s arguments in every entry': (text) =>
    text.replace(/^(.*APPEND \$\{cbootargs\}).*$/gm, '$1 net.ifnames=0'),
  'a service that sets DEFAULT to an entry of its own': (text) =>
    text.replace(/^DEFAULT .*$/gm, 'DEFAULT vendor'),
  'DEFAULT at the end, the old one a comment': (text) =>
    `${text.replace(/^DEFAULT/gm, '#DEFAULT')}\nDEFAULT primary\n`,
  'a copy of the entry that is started': (text) => {
    const label = /^DEFAULT[ \t]+(.*?)\s*$/m.exec(text)?.[1] ?? '';
    const at = text.search(new RegExp(`^LABEL ${label.replace(/\W/g, '.')}[ \t\r]*$`, 'm'));
    const [block = ''] = /^LABEL.*\n(?:[ \t]+\S.*\n)*/.exec(text.slice(Math.max(at, 0))) ?? [];
    // Nothing is copied twice; of a menu without indentation the label alone, as a line of sed does.
    if (text.includes('LABEL copied')) return text;
    return `${text.replace(/^DEFAULT.*$/gm, 'DEFAULT copied')}\n${block.replace(/^LABEL.*/, 'LABEL copied')}`;
  },
  'our entry’s lines cut out by number': (text) => text.replace(/^LABEL bpmp-virt.*\n(?:.*\n){4}/m, ''),
  'another order of our keys': (text) =>
    text.replace(
      /^(LABEL bpmp-virt.*\n)((?:[ \t]+\S.*\n)+)/m,
      (_all, label: string, keys: string) => `${label}${(keys.match(/.*\n/g) ?? []).toReversed().join('')}`,
    ),
  'keys not indented': (text) => text.replace(/^[ \t]+(?=[A-Z])/gm, ''),
  'a byte order mark': (text) => `\xef\xbb\xbf${text}`,
  'FDT default': (text) => text.replace(/^([ \t]*)FDT .*$/gm, '$1FDT default'),
  'FDT of flash.sh': (text) => text.replace(/^(\s*)LINUX.*$/gm, '$&\n$1FDT /boot/dtb/kernel_x.dtb'),
};
