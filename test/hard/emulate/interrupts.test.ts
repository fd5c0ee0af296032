// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-10.0 patches/qemu-10.2 kernel-overlay patches/linux-6.12 recipes/kconfig guest board test/c/kconfig test/fixtures/kconfig
// tools: gcc aarch64-linux-gnu-gcc meson ninja
// labs: linux-6.12 qemu-10.0 qemu-10.2
// minutes: 12
import { it } from 'vitest';
import { compareInterrupts } from '../../helpers/emulate/orin-interrupts.ts';

it.each(['10.0', '10.2'] as const)(
  'QEMU %s gives interrupts of a passed-through device to KVM in the virtual Orin',
  async (version) => {
    await compareInterrupts(version);
  },
);
