// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { BoardBundle } from '../../../src/deploy/bundle-files.ts';
import type { BoardFacts } from '../../../src/deploy/facts.ts';
import type { KernelAbilities } from '../../../src/plan/kernel-abilities.ts';

/** sha256 of what a file stands for here. */
export const sum = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');

/** A kernel that boots an Orin from any disk. */
export const ABLE: KernelAbilities = {
  for: 'jetson',
  lacks: [],
  storage: { mmc: [], nvme: [], usb: [], dm: [] },
};

/** The manifest of a bundle with this Image. */
export function manifestOf(image: string, kernel: KernelAbilities = ABLE): string {
  return `${JSON.stringify({ version: 1, kernel, files: [{ file: 'Image', sha256: sum(image) }] })}\n`;
}

/** A bundle of one kernel and its tree, without a folder behind it. */
export function bundleOf(id: string): BoardBundle {
  const folder = `/boot/bpmp-virt/${id}`;
  const file = (to: string) => ({ from: `/b${to}`, to, mode: '644', sha256: sum(`${id} ${to}`), bytes: 1 });
  return {
    id,
    files: [file(`${folder}/Image`), file(`${folder}/x.dtb`), file('/opt/bpmp-virt/run-vm.sh')],
    linux: `${folder}/Image`,
    fdt: `${folder}/x.dtb`,
    overlays: [],
    boards: ['p3701', 'p3737'],
    skus: ['3701-0000', '3737-0000'],
    kernel: ABLE,
  };
}

/** What a healthy board with this boot menu says. */
export function factsOf(text: string, more: Partial<BoardFacts> = {}): BoardFacts {
  return {
    release: '# R36 (release), REVISION: 3.0, GCID: 1',
    kernel: '5.15.136-tegra',
    serial: '1420921000000',
    bootId: 'boot-1',
    cmdline: 'root=PARTUUID=1 rw',
    compatible: ['nvidia,p3737-0000+p3701-0000'],
    secureBoot: false,
    hasEfi: true,
    bootMode: 1,
    freeKib: 1e6,
    bootMount: '',
    rootMount: '/dev/mmcblk0p1',
    rootPart: 'APP',
    rootType: 'ext4',
    rootDevices: new Map([['PARTUUID=1', '/dev/mmcblk0p1']]),
    slot: '',
    slots: '',
    extlinux: { text, sha256: sum(text) },
    absent: new Set(),
    staged: new Set(),
    markers: '',
    hasStage: false,
    deployed: new Map(),
    put: new Map(),
    here: new Map(),
    ...more,
  };
}
