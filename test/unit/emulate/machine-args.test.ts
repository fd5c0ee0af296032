// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatCommand } from '../../../src/command.ts';
import { machineArgv } from '../../../src/emulate/machine-args.ts';

const PARTS = {
  qemu: '/w/qemu-system-aarch64',
  kernel: '/w/Image',
  initrd: '/w/initrd.cpio',
  dtb: '/w/guest.dtb',
  cpus: 4,
  memory: '256M',
  append: 'quiet',
  sockets: { firmware: '/t/fw', console: '/t/con', uart: '/t/uart' },
  trace: '/w/trace',
};

describe('the emulated guest', () => {
  it('has the window, the UART and the model behind both, and no card that was not asked for', () => {
    expect(formatCommand(machineArgv('guest', PARTS))).toBe(
      "/w/qemu-system-aarch64 -machine virt,gic-version=3,bpmp=on,bpmp-chardev=firmware -cpu max,sve=off,sme=off,lpa2=off,pauth-impdef=on -smp 4 -m 256M -nic none -device tegra-hsuart,chardev=uart,firmware=line -display none -no-reboot -kernel /w/Image -initrd /w/initrd.cpio -dtb /w/guest.dtb -append 'console=ttyAMA0 rdinit=/init quiet' -chardev socket,id=firmware,path=/t/fw -chardev socket,id=line,path=/t/fw -chardev socket,id=uart,path=/t/uart -chardev socket,id=console,path=/t/con -serial chardev:console -trace 'nvidia_bpmp_*' -D /w/trace",
    );
  });

  it('has a larger platform bus where one is asked for', () => {
    expect(machineArgv('guest', { ...PARTS, platformBus: '64M' })).toContain(
      'virt,gic-version=3,platform-bus-size=64M,bpmp=on,bpmp-chardev=firmware',
    );
  });

  it('has a window with the properties that are asked for', () => {
    const words = machineArgv('guest', { ...PARTS, window: { 'x-window-version': 1 } });
    expect(words.slice(-2)).toEqual(['-global', 'nvidia-bpmp-guest.x-window-version=1']);
  });
});

describe('the virtual Orin', () => {
  it('is a machine that can be a host: EL2, and an SMMU', () => {
    expect(machineArgv('orin', PARTS)).toContain(
      'virt,gic-version=3,virtualization=on,iommu=smmuv3,bpmp=on,bpmp-chardev=firmware',
    );
  });
});
