// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../../src/deploy/boot-outcome.ts';
import { type BootWish, planDeploy } from '../../../src/deploy/deploy-plan.ts';
import { describePlan, describeStatus, statusOf } from '../../../src/deploy/describe.ts';
import type { BoardFacts } from '../../../src/deploy/facts.ts';
import { bundleOf, factsOf } from '../../helpers/board/facts.ts';
import { readAsUefi } from '../../helpers/board/uefi-extlinux.ts';

const bundle = bundleOf('aaaa');
const now = new Date(0);
const plan = (facts: BoardFacts, wish: BootWish = 'keep') => planDeploy(bundle, facts, wish, now);

const entry = (label: string, root: string, more = '') =>
  `LABEL ${label}\n  LINUX /boot/Image\n  INITRD /boot/initrd.${label}\n  APPEND \${cbootargs} root=${root} rw ${label}\n${more}\n`;
const NVME = '/dev/nvme0n1p1';
const EMMC = '/dev/mmcblk0p1';
const running = (root: string): Partial<BoardFacts> => ({
  cmdline: `quiet root=${root} rw`,
  rootMount: root.startsWith('/dev') ? root : NVME,
  rootDevices: new Map([
    [NVME, NVME],
    [EMMC, EMMC],
    ['PARTUUID=1', NVME],
    ['PARTUUID=2', '-'],
  ]),
});

describe('which entry is copied', () => {
  const cases: readonly [what: string, menu: string, root: string, expected: RegExp | string][] = [
    ['DEFAULT primary', `DEFAULT primary\n${entry('primary', NVME)}`, NVME, 'primary'],
    [
      'DEFAULT of a real-time kernel',
      `DEFAULT rt\n${entry('primary', EMMC)}${entry('rt', NVME)}`,
      NVME,
      'rt',
    ],
    ['no DEFAULT', `${entry('first', NVME)}${entry('primary', NVME)}`, NVME, 'first'],
    [
      'a DEFAULT that names nothing',
      `DEFAULT x\n${entry('first', NVME)}${entry('primary', NVME)}`,
      NVME,
      'first',
    ],
    [
      'another root',
      `DEFAULT primary\n${entry('primary', EMMC)}`,
      NVME,
      /‘primary’ .* root=\/dev\/mmcblk0p1, the board runs from root=\/dev\/nvme0n1p1/,
    ],
    [
      'another root of DEFAULT',
      `DEFAULT rt\n${entry('primary', NVME)}${entry('rt', EMMC)}`,
      NVME,
      /‘rt’ .*another file system/,
    ],
    ['the same root by another name', `DEFAULT primary\n${entry('primary', 'PARTUUID=1')}`, NVME, 'primary'],
    [
      'a partition that is not there',
      `DEFAULT primary\n${entry('primary', 'PARTUUID=2')}`,
      NVME,
      /another file system/,
    ],
  ];
  test.each(cases)('%s', (_, menu, root, expected) => {
    const facts = factsOf(menu, running(root));
    if (expected instanceof RegExp) {
      for (const wish of ['keep', 'trial'] as const) expect(() => plan(facts, wish)).toThrow(expected);
      return;
    }
    const ours = readAsUefi(plan(facts).extlinux?.text ?? '').entries.at(-1);
    expect(ours?.['INITRD']).toBe(`/boot/initrd.${expected}`);
    expect(ours?.['APPEND']).toContain(`rw ${expected} vfio_platform`);
  });

  test('a root that a service changed after the start is refused, whatever the menu says', () => {
    const facts = factsOf(entry('primary', EMMC), {
      cmdline: `root=${EMMC} rw`,
      rootMount: NVME,
      rootDevices: new Map([[EMMC, EMMC]]),
    });
    for (const wish of ['keep', 'trial'] as const)
      expect(() => plan(facts, wish)).toThrow(
        /started from \/dev\/mmcblk0p1 and went on to \/dev\/nvme0n1p1/,
      );
    // What is not a partition by that name says nothing of it.
    for (const rootMount of ['', '/dev/root', EMMC]) expect(plan({ ...facts, rootMount }).notes).toEqual([]);
  });

  test('a root= that the board has no link for is judged by what is mounted', () => {
    const facts = factsOf(entry('primary', 'PARTUUID=2'), {
      cmdline: 'root=PARTUUID=2 rw',
      rootDevices: new Map([['PARTUUID=2', '-']]),
    });
    expect(plan(facts).notes).toEqual([]);
  });

  test('a partition that is not called as UEFI looks for is said', () => {
    const menu = entry('primary', 'PARTUUID=1');
    expect(plan(factsOf(menu, { rootPart: 'rootfs' })).notes.join()).toContain(
      'is called rootfs; UEFI reads',
    );
    for (const rootPart of ['APP', 'APP_b', '']) expect(plan(factsOf(menu, { rootPart })).notes).toEqual([]);
  });

  test('a command line that the kernel would cut off is refused', () => {
    const long = (bytes: number) =>
      entry('primary', 'PARTUUID=1', '').replace(' rw primary', ` rw ${'x'.repeat(bytes)}`);
    expect(() => plan(factsOf(long(2000)))).toThrow(
      /would start the kernel with 2\d+ characters, and it reads 2047/,
    );
    expect(plan(factsOf(long(1700))).extlinux).toBeDefined();
    const cmdline = `root=PARTUUID=1 rw ${'y'.repeat(2000)}`;
    expect(() => plan(factsOf(long(10), { cmdline }))).toThrow(/it reads 2047/);
  });

  test('what cannot be told is said', () => {
    const facts = factsOf(entry('primary', 'PARTUUID=9'), running(NVME));
    expect(plan(facts).notes.join('\n')).toContain('whether that is the same could not be seen');
  });

  test('overlays that are lost are named, arguments are kept', () => {
    const menu = `DEFAULT JetsonIO\n${entry('primary', NVME)}${entry('JetsonIO', NVME, '  FDT /boot/dtb/x.dtb\n  OVERLAYS /boot/a.dtbo /boot/b.dtbo')}`;
    const made = plan(factsOf(menu, running(NVME)));
    expect(describePlan(made)).toContain(
      'lost in our entry: OVERLAYS /boot/a.dtbo /boot/b.dtbo of ‘JetsonIO’',
    );
    expect(readAsUefi(made.extlinux?.text ?? '').entries.at(-1)?.['APPEND']).toContain('JetsonIO');
  });

  test('an encrypted root with a /boot of its own is named as such', () => {
    const facts = factsOf(entry('primary', NVME), { bootMount: '/dev/nvme0n1p2', rootMount: '/dev/dm-0' });
    expect(() => plan(facts)).toThrow(/encrypted .*not supported/);
  });
});

describe('what a check cannot see it does not pass', () => {
  const menu = entry('primary', 'PARTUUID=1');
  test('a bundle for no board, and a board that does not say what it is', () => {
    const facts = factsOf(menu);
    expect(() => planDeploy({ ...bundle, boards: [] }, facts, 'keep', now)).toThrow(
      'does not say which board',
    );
    expect(() => plan(factsOf(menu, { compatible: [] }))).toThrow('none that says what it is');
  });
  test('another SKU of the same module is said', () => {
    const orin32 = factsOf(menu, { compatible: ['nvidia,p3737-0000+p3701-0004', 'nvidia,p3701-0004'] });
    expect(plan(orin32).notes.join()).toContain(
      'of p3701-0000+p3737-0000, the board of p3701-0004+p3737-0000',
    );
    expect(plan(factsOf(menu)).notes.join()).not.toContain('SKU');
  });
  test('EFI variables', () => {
    expect(plan(factsOf(menu, { hasEfi: false })).notes.join()).toContain('no EFI variables');
    expect(plan(factsOf(menu)).notes.join()).not.toContain('EFI');
  });
});

describe('what was armed is compared with what happened', () => {
  const menu = `TIMEOUT 30\nDEFAULT primary\n${entry('primary', 'PARTUUID=1')}`;
  const armed = plan(factsOf(menu), 'trial').extlinux?.text ?? '';
  const later = (more: Partial<BoardFacts> = {}) => factsOf(armed, { bootId: 'boot-2', ...more });

  test('in the boot in which it was armed, it is armed; arming it again changes nothing', () => {
    expect(outcomeOf(factsOf(armed))).toBe('armed');
    expect(plan(factsOf(armed), 'trial').extlinux).toBe(undefined);
    expect(plan(factsOf(armed)).extlinux).toBe(undefined);
  });

  test('after a boot that was not ours, --status, --confirm and --boot-next say so, and why that may be', () => {
    expect(outcomeOf(later())).toBe('not-started');
    const status = describeStatus(statusOf(later()));
    for (const words of ['failed  UEFI did not start the entry aaaa', 'A_kernel', 'puts DEFAULT back'])
      expect(status).toContain(words);
    for (const wish of ['trial', 'default'] as const)
      expect(() => plan(later(), wish)).toThrow(/UEFI did not start the entry aaaa(?:.|\n)*A_kernel/);
    const { extlinux, notes } = plan(later());
    expect(notes.join()).toContain('DEFAULT is what it was before');
    expect(readAsUefi(extlinux?.text ?? '').default).toBe('primary');
    const disarmed = factsOf(extlinux?.text ?? '', { bootId: 'boot-2' });
    expect(outcomeOf(disarmed)).toBe('idle');
    expect(readAsUefi(plan(disarmed, 'trial').extlinux?.text ?? '').default).toBe('bpmp-virt');
  });

  test('a file that is gone, secure boot and the boot mode are the reasons that can be seen', () => {
    const gone = later({
      deployed: new Map([[bundle.linux, 'missing']]),
      secureBoot: true,
      bootMode: 2,
    });
    const { why = [] } = statusOf(gone).entry ?? {};
    expect(why.slice(1, 4)).toEqual([
      expect.stringContaining(`${bundle.linux} is not there`),
      expect.stringContaining('secure boot is on'),
      expect.stringContaining('boot mode 2'),
    ]);
  });

  test('a boot that was ours', () => {
    const ours = later({ cmdline: 'root=PARTUUID=1 bpmp_virt.entry=aaaa' });
    expect(outcomeOf(ours)).toBe('running');
    expect(statusOf(ours).entry?.why).toEqual([]);
  });
});
