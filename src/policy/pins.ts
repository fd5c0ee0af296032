// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import type { HostIndex } from '../dt/host-index.ts';
import { readSpecifiers } from '../dt/specifiers.ts';
import { stringsOf } from '../dt/tree.ts';

/**
 * Who connects a device to the pins of the board. A state of its own (`pinctrl-0`, named default) the host sets when
 * any driver takes the device, vfio-platform too (drivers/base/pinctrl.c); without one, pins are as the firmware or
 * an overlay (jetson-io) left them, and that overlay belongs to a boot entry of its own.
 */
export function pinsOf(device: Device, index: HostIndex): readonly string[] {
  const { node, notes } = device;
  const where = notes?.pins;
  if (!node.properties.has('pinctrl-0')) {
    if (where === undefined) return [];
    return [
      where,
      'its node has no pinctrl-0: nothing here connects them. If the firmware does not, name the overlay that jetson-io made ' +
        'in OVERLAYS of the boot entry with the VM’s tree too',
    ];
  }
  const { entries } = readSpecifiers(node, 'pinctrl-0', 0, index.phandles);
  const states = entries.flatMap((entry) => (entry === undefined ? [] : [entry.provider.path]));
  const isDefault = stringsOf(node, 'pinctrl-names')[0] === 'default';
  const when = isDefault
    ? 'when vfio-platform takes the device'
    : 'when a driver asks for it, which vfio-platform does not';
  return [...(where === undefined ? [] : [where]), `the host sets ${states.join(', ')} (pinctrl-0) ${when}`];
}
