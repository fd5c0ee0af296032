// SPDX-License-Identifier: Apache-2.0
import { it } from 'vitest';
import { compareInterrupts } from '../../helpers/emulate/orin-interrupts.ts';

it('interrupts of a passed-through device are KVM’s in the virtual Orin, not QEMU’s', async () => {
  await compareInterrupts('7.2');
});
