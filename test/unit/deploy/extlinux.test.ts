// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { menuTimeout, type OurEntry, readOurs, withOurs, withoutOurs } from '../../../src/deploy/extlinux.ts';
import { APPEND, EXTLINUX_FILES, STOCK } from '../../helpers/board/extlinux-files.ts';
import { readAsUefi, startedByUefi } from '../../helpers/board/uefi-extlinux.ts';

const ours: OurEntry = {
  id: '0123456789ab',
  linux: '/boot/bpmp-virt/0123456789ab/Image',
  fdt: '/boot/bpmp-virt/0123456789ab/tegra234-p3737-0000+p3701-0000.dtb',
  overlays: ['/boot/bpmp-virt/0123456789ab/host.dtbo'],
  args: ['vfio_platform.reset_required=0', 'vfio_iommu_type1.allow_unsafe_interrupts=1'],
  root: '/dev/mmcblk0p1',
};
const ARGS = ours.args.join(' ');
describe.each(EXTLINUX_FILES)('%s', (_, text, append, initrd) => {
  test('UEFI finds one entry more, ours, and all others as they were', () => {
    const before = readAsUefi(text);
    const result = withOurs(text, ours, 'no');
    const after = readAsUefi(result);
    expect(after.entries.slice(0, -1)).toEqual(before.entries);
    expect(after.entries.at(-1)).toEqual({
      LABEL: 'bpmp-virt',
      'MENU LABEL': 'BPMP virtualisation 0123456789ab',
      LINUX: ours.linux,
      FDT: ours.fdt,
      OVERLAYS: ours.overlays[0],
      APPEND: `${append} ${ARGS}`,
      ...(initrd === undefined ? {} : { INITRD: initrd }),
    });
    expect({ ...after, entries: [] }).toEqual({ ...before, entries: [] });
    expect(result.startsWith(text)).toBe(true);
    expect(result.slice(text.length)).not.toMatch(/\r|#.*APPEND/);
  });

  test.each(['no', 'trial', 'default'] as const)(
    '%s: can be repeated, read back, and undone to the byte',
    (boot) => {
      const result = withOurs(text, ours, boot);
      expect(readOurs(result)).toEqual({ id: ours.id, boot });
      expect(startedByUefi(readAsUefi(result))?.['LABEL']?.trim()).toBe(
        boot === 'no' ? startedByUefi(readAsUefi(text))?.['LABEL']?.trim() : 'bpmp-virt',
      );
      expect(withOurs(result, ours, boot)).toBe(result);
      expect(withoutOurs(result)).toBe(text);
      for (const other of ['no', 'trial', 'default'] as const)
        expect(withOurs(result, ours, other)).toBe(withOurs(text, ours, other));
    },
  );
});

describe('refuses', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['a tenth entry besides ours', `${STOCK}${'LABEL x\n'.repeat(9)}`, /10 entries/],
    ['more', `${STOCK}${'LABEL x\n'.repeat(12)}`, /13 entries/],
    ['no entry at all', 'TIMEOUT 30\n# LABEL x\n', /no entry to copy/],
    ['an entry of our name that is not ours', `${STOCK}LABEL bpmp-virt\n`, /did not make/],
  ];
  test.each(cases)('%s', (_, text, message) => {
    expect(() => withOurs(text, ours, 'no')).toThrow(message);
  });
  test('no APPEND and no root= to make one of', () => {
    const text = STOCK.replace(/ +APPEND.*\n/, '');
    expect(() => withOurs(text, { ...ours, root: undefined }, 'no')).toThrow('no APPEND');
  });
  test('to choose among several DEFAULT lines', () => {
    expect(() => withOurs(`DEFAULT a\n${STOCK}`, ours, 'trial')).toThrow('several DEFAULT');
  });
});

test('ten entries with ours among them are room enough for ours', () => {
  const ten = withOurs(`${STOCK}${'LABEL x\n'.repeat(8)}`, ours, 'no');
  expect(readAsUefi(ten).entries).toHaveLength(10);
  expect(withOurs(ten, { ...ours, id: 'next' }, 'no')).toContain('BPMP virtualisation next');
});

test('a DEFAULT that somebody changed after us stays theirs', () => {
  const changed = withOurs(STOCK, ours, 'default').replace('DEFAULT bpmp-virt', 'DEFAULT other');
  expect(readAsUefi(withoutOurs(changed)).default).toBe('other');
});

test('what flash.sh makes of all entries is put right by the next deployment, and undone', () => {
  const flashed = (text: string) =>
    text
      .replace(/^.*FDT.*\n/gm, '')
      .replace(/^(\s*)LINUX.*$/gm, '$&\n$1FDT /boot/dtb/kernel_x.dtb')
      .replace(/^(\s*APPEND.*)$/gm, '$1 root=PARTUUID=2 rw');
  const after = flashed(withOurs(STOCK, ours, 'no'));
  expect(readAsUefi(after).entries.at(-1)?.['FDT']).toBe('/boot/dtb/kernel_x.dtb');
  const again = withOurs(after, ours, 'no');
  expect(readAsUefi(again).entries.at(-1)).toMatchObject({
    FDT: ours.fdt,
    APPEND: `${APPEND} root=PARTUUID=2 rw ${ARGS}`,
  });
  expect(withoutOurs(again)).toBe(flashed(STOCK));
});

test('an entry that UEFI cannot start is neither copied nor made the one to start', () => {
  const copied = STOCK.replace('DEFAULT primary', 'DEFAULT copied');
  expect(() => withOurs(`${copied}\nLABEL copied\n`, ours, 'trial')).toThrow(
    'the entry copied of extlinux.conf, which the board boots, has no LINUX',
  );
  // U-Boot's word for it, which UEFI does not know.
  expect(() => withOurs(STOCK.replaceAll('LINUX', 'KERNEL'), ours, 'no')).toThrow('has no LINUX');
  const whole = withOurs(`${copied}\nLABEL copied\n  LINUX /boot/Image\n`, ours, 'default');
  const cut = whole.replace('LABEL copied\n  LINUX /boot/Image\n', 'LABEL copied\n');
  expect(readAsUefi(withoutOurs(cut)).default).toBe('primary');
});

test('an opening marker whose end is gone takes nobody’s entry with it', () => {
  const text = `${STOCK}# >>> bpmp-virt old\nLABEL mine\n  LINUX /mine\n`;
  const result = withOurs(text, ours, 'no');
  expect(readOurs(result)).toEqual({ id: ours.id, boot: 'no' });
  expect(withoutOurs(result)).toBe(text);
});

test.each([
  ['TIMEOUT 30', 30],
  ['  TIMEOUT\t50 # five', 50],
  ['TIMEOUT 0\nTIMEOUT 40\r', 40],
  ['TIMEOUT x', 0],
  ['timeout 30', 0],
] as const)('%j shows the menu for %i tenths of a second', (text, tenths) => {
  expect(menuTimeout(text)).toBe(tenths);
});

test('any file: added and undone to the byte', () => {
  const line = fc.constantFrom(
    'LABEL a\n\tLINUX /a',
    '\tLINUX /x',
    'APPEND root=/dev/x',
    '# APPEND y',
    '',
    'DEFAULT a',
    '  DEFAULT  b # c',
    'junk\r',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('', '\n', '\n\n'), (lines, end) => {
      const text = `LABEL primary\nLINUX /k\nAPPEND z\n${lines.filter((each, at) => !each.includes('DEFAULT') || lines.findIndex((x) => x.includes('DEFAULT')) === at).join('\n')}${end}`;
      if (readAsUefi(text).entries.length > 9) return;
      for (const boot of ['no', 'trial', 'default'] as const) {
        const result = withOurs(text, ours, boot);
        expect(withoutOurs(result)).toBe(text);
        expect(readAsUefi(result).entries.at(-1)?.['LABEL']).toBe('bpmp-virt');
      }
    }),
  );
});
