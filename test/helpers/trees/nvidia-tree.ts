// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEGRA234_IDS } from '../../../src/dt/data/tegra234-ids.ts';
import { parseDeviceNotes } from '../../../src/dt/device-notes.ts';
import { listDevices } from '../../../src/dt/devices.ts';
import { indexHost } from '../../../src/dt/host-index.ts';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import { type DeviceReport, reportDevice } from '../../../src/policy/device-report.ts';
import { IdNamer } from '../../../src/policy/id-names.ts';
import { makeFdt, type NodeSpec } from './make-fdt.ts';

export const ROOT = join(import.meta.dirname, '../../..');

const [GIC, BPMP, NISO0, NISO1, GPCDMA, PMC, PADCTL, MC] = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * A small host with the shapes of NVIDIA's own trees (jetson_36.3): `gpu@17000000` of three regions and four
 * interrupts, uarta with its second clock and `nvidia,memory-clients`, a bus of one cell, interrupts-extended.
 */
export const NVIDIA_TREE: NodeSpec = {
  '#address-cells': [2],
  '#size-cells': [2],
  'interrupt-parent': [GIC],
  compatible: ['nvidia,p3737-0000+p3701-0000', 'nvidia,tegra234'],
  aliases: { serial0: '/tcu', serial1: '/bus@0/serial@3100000', mmc0: '/bus@0/mmc@3460000' },
  chosen: { 'stdout-path': 'serial0:115200n8', bootargs: 'root=/dev/mmcblk0p1 rw' },
  tcu: { compatible: 'nvidia,tegra234-tcu' },
  bpmp: {
    compatible: ['nvidia,tegra234-bpmp', 'nvidia,tegra186-bpmp'],
    '#clock-cells': [1],
    '#reset-cells': [1],
    '#power-domain-cells': [1],
    iommus: [NISO1, 0x10],
    phandle: [BPMP],
  },
  'bus@0': {
    compatible: 'simple-bus',
    '#address-cells': [2],
    '#size-cells': [2],
    ranges: [0, 0, 0, 0, 0x100, 0],
    'serial@3100000': {
      compatible: 'nvidia,tegra194-hsuart',
      reg: [0, 0x3100000, 0, 0x10000],
      interrupts: [0, 112, 4],
      'nvidia,memory-clients': [14],
      clocks: [BPMP, 155, BPMP, 102],
      'clock-names': ['serial', 'parent'],
      resets: [BPMP, 100],
      'reset-names': 'serial',
      status: 'okay',
      phandle: [20],
    },
    'dma-controller@2600000': {
      compatible: 'nvidia,tegra234-gpcdma',
      reg: [0, 0x2600000, 0, 0x210000],
      interrupts: [0, 75, 4, 0, 76, 4],
      resets: [BPMP, 18],
      iommus: [NISO0, 4],
      '#dma-cells': [1],
      phandle: [GPCDMA],
    },
    'spi@3210000': {
      compatible: ['nvidia,tegra210-spi', 'nvidia,tegra114-spi'],
      reg: [0, 0x3210000, 0, 0x1000],
      interrupts: [0, 36, 4],
      '#address-cells': [1],
      '#size-cells': [0],
      clocks: [BPMP, 135],
      'clock-names': 'spi',
      resets: [BPMP, 91],
      'reset-names': 'spi',
      iommus: [NISO0, 4],
      dmas: [GPCDMA, 15, GPCDMA, 15],
      'dma-names': ['rx', 'tx'],
      status: 'disabled',
      'spidev@0': { compatible: 'tegra-spidev', reg: [0], 'spi-max-frequency': [50_000_000] },
    },
    'i2c@3160000': {
      compatible: 'nvidia,tegra194-i2c',
      reg: [0, 0x3160000, 0, 0x100],
      interrupts: [0, 25, 4],
      clocks: [BPMP, 48, BPMP, 102],
      'clock-names': ['div-clk', 'parent'],
      resets: [BPMP, 24],
      dmas: [GPCDMA, 21, GPCDMA, 21],
      'dma-names': ['rx', 'tx'],
    },
    'mmc@3460000': {
      compatible: 'nvidia,tegra234-sdhci',
      reg: [0, 0x3460000, 0, 0x20000],
      interrupts: [0, 65, 4],
      clocks: [BPMP, 123, BPMP, 219],
      resets: [BPMP, 85],
      iommus: [NISO1, 2],
      'non-removable': true,
      status: 'okay',
    },
    'mmc@3400000': {
      compatible: 'nvidia,tegra234-sdhci',
      reg: [0, 0x3400000, 0, 0x20000],
      interrupts: [0, 62, 4],
      clocks: [BPMP, 120, BPMP, 219],
      resets: [BPMP, 82],
      iommus: [NISO1, 1],
      status: 'disabled',
    },
    'ethernet@6900000': {
      compatible: 'nvidia,tegra234-mgbe',
      reg: [0, 0x6900000, 0, 0x10000],
      interrupts: [0, 392, 4],
      clocks: [BPMP, 249],
      resets: [BPMP, 49],
      'power-domains': [BPMP, 19],
      iommus: [NISO0, 0x49],
    },
    'gpu@17000000': {
      compatible: ['nvidia,ga10b'],
      reg: [0, 0x17000000, 0, 0x1000000, 0, 0x18000000, 0, 0x1000000, 0, 0x03b41000, 0, 0x1000],
      interrupts: [0, 68, 4, 0, 70, 4, 0, 71, 4, 0, 67, 4],
      'interrupt-names': ['stall0', 'stall1', 'stall2', 'nonstall'],
      'power-domains': [BPMP, 35],
      clocks: [BPMP, 304, BPMP, 41, BPMP, 236],
      'clock-names': ['sysclk', 'gpc0clk', 'gpc1clk'],
      resets: [BPMP, 19],
      'nvidia,bpmp': [BPMP],
      'dma-coherent': true,
      status: 'okay',
      phandle: [21],
    },
    'usb@3550000': {
      compatible: 'nvidia,tegra234-xudc',
      reg: [0, 0x3550000, 0, 0x8000, 0, 0x3558000, 0, 0x8000],
      'interrupts-extended': [GIC, 0, 166, 4, PMC, 76, 4],
      clocks: [BPMP, 265],
      'power-domains': [BPMP, 11, BPMP, 10],
      iommus: [NISO1, 15],
      phys: [PADCTL],
      status: 'okay',
    },
    'usb@3610000': {
      compatible: 'nvidia,tegra234-xusb',
      reg: [0, 0x3610000, 0, 0x40000],
      interrupts: [0, 163, 4],
      clocks: [BPMP, 267],
      'power-domains': [BPMP, 10],
      iommus: [NISO1, 14],
    },
    'lost@5000000': {
      compatible: 'test,lost',
      reg: [0, 0x5000000, 0, 0x1000],
      clocks: [BPMP, 200, 0xdead, 1],
      'interrupts-extended': [0xbeef, 1],
    },
    'hub@13000000': {
      compatible: 'simple-bus',
      '#address-cells': [1],
      '#size-cells': [1],
      reg: [0, 0x13000000, 0, 0x1000],
      ranges: [0x15000000, 0, 0x15000000, 0x1000000],
      clocks: [BPMP, 46],
      'vic@15340000': {
        compatible: 'nvidia,tegra234-vic',
        reg: [0x15340000, 0x40000],
        interrupts: [0, 206, 4],
        clocks: [BPMP, 167],
        resets: [BPMP, 113],
        'power-domains': [BPMP, 29],
        iommus: [NISO1, 0x34],
      },
    },
    'interrupt-controller@f400000': {
      compatible: 'arm,gic-v3',
      reg: [0, 0xf400000, 0, 0x10000],
      '#interrupt-cells': [3],
      'interrupt-controller': true,
      phandle: [GIC],
    },
    'pmc@c360000': { '#interrupt-cells': [2], 'interrupt-controller': true, phandle: [PMC] },
    'padctl@3520000': { '#phy-cells': [0], phandle: [PADCTL] },
    'memory-controller@2c00000': { '#interconnect-cells': [1], phandle: [MC] },
    'iommu@12000000': { compatible: 'nvidia,tegra234-smmu', '#iommu-cells': [1], phandle: [NISO0] },
    'iommu@8000000': { compatible: 'nvidia,tegra234-smmu', '#iommu-cells': [1], phandle: [NISO1] },
  },
  __symbols__: {
    uarta: '/bus@0/serial@3100000',
    bpmp: '/bpmp',
    smmu_niso0: '/bus@0/iommu@12000000',
    smmu_niso1: '/bus@0/iommu@8000000',
    ga10b: '/bus@0/gpu@17000000',
  },
};

export const NOTES = readdirSync(join(ROOT, 'recipes/devices')).map((file) =>
  parseDeviceNotes(readFileSync(join(ROOT, 'recipes/devices', file), 'utf8'), file),
);

/** What policies are derived from, for a host's blob. */
export function factsOf(blob: Uint8Array) {
  const index = indexHost(readFdt(blob, 'test.dtb'));
  return { index, notes: NOTES, namer: new IdNamer(TEGRA234_IDS), ids: TEGRA234_IDS };
}

/** What the verb `devices` says of every device of a host. */
export function reportAll(facts: ReturnType<typeof factsOf>): readonly DeviceReport[] {
  return listDevices(facts.index, facts.notes).map((device) => reportDevice(device, facts));
}

/** The same for the tree above, with changes below /bus@0. */
export function nvidiaFacts(changes: NodeSpec = {}) {
  const bus = NVIDIA_TREE['bus@0'] as NodeSpec;
  return factsOf(makeFdt({ ...NVIDIA_TREE, 'bus@0': { ...bus, ...changes } }));
}
