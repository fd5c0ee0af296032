// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { findDevice } from '../../../src/dt/devices.ts';
import { indexHost } from '../../../src/dt/host-index.ts';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { lintPolicies } from '../../../src/policy/lint.ts';
import { judgeDevice } from '../../../src/policy/verdict.ts';
import { readTreeFile } from '../../../src/tools/dtc/host-tree.ts';
import { guestNode } from '../../../src/trees/guest-node.ts';
import { dataLines } from '../../../src/trees/guest-nodes.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NOTES, NVIDIA_TREE, nvidiaFacts } from '../../helpers/trees/nvidia-tree.ts';

type Facts = ReturnType<typeof factsOf>;
const BUS = NVIDIA_TREE['bus@0'] as NodeSpec;
const top = (changes: NodeSpec) => factsOf(makeFdt({ ...NVIDIA_TREE, ...changes }));
const verdict = (name: string, facts: Facts) => judgeDevice(findDevice(facts.index, name, NOTES), facts);
const DEVICE = {
  compatible: 'x,device',
  reg: [0, 0x9000000, 0, 0x1000],
  iommus: [3, 0x20],
  clocks: [2, 201],
};
const withDevice = (more: NodeSpec, beside: NodeSpec = {}) =>
  factsOf(makeFdt({ ...NVIDIA_TREE, ...beside, 'bus@0': { ...BUS, 'x@9000000': { ...DEVICE, ...more } } }));

describe('only Tegra234', () => {
  test.each([
    [['nvidia,p3971', 'nvidia,tegra264'], 'nvidia,tegra264-bpmp', /Tegra264/],
    [['nvidia,tegra194'], 'nvidia,tegra194-bpmp', /Tegra194/],
    [['nvidia,tegra264'], 'nvidia,tegra234-bpmp', /Tegra264/],
    [['x,board'], 'nvidia,tegra186-bpmp', /does not name/],
    [['nvidia,tegra234', 'nvidia,tegra23x'], 'nvidia,tegra234-bpmp', /Jetson Linux 35/],
  ])('%j with %s is refused', (root, bpmp, why) => {
    const node = { ...(NVIDIA_TREE['bpmp'] as NodeSpec), compatible: [bpmp, 'nvidia,tegra186-bpmp'] };
    expect(() => top({ compatible: root, bpmp: node })).toThrow(why);
  });
});

describe('consoles', () => {
  const boot = (bootargs: string) => top({ chosen: { bootargs } });
  test.each(['console=ttyTHS1,115200', 'quiet earlycon=tegra,mmio32,0x03100000 rw'])('%s', (args) => {
    expect(verdict('uarta', boot(args)).reasons[0]).toMatch(/a console of the host/);
  });
  test('a driver’s device without an alias is one of those that a number may mean', () => {
    const host = top({ chosen: { bootargs: 'console=ttyTHS7' }, aliases: {} });
    expect(verdict('uarta', host).kind).toBe('refused');
    expect(verdict('uarta', boot('xconsole=ttyTHS1 console=tty0')).kind).toBe('needs-iommus');
  });
  test('the running kernel’s command line counts beside the tree’s', () => {
    const index = indexHost(readFdt(makeFdt(NVIDIA_TREE), 'x'), ['root=/dev/x console=ttyTHS1\n']);
    expect([...index.consoles.keys()].map((node) => node.name)).toContain('serial@3100000');
  });
});

describe('what the host runs on, by its command line', () => {
  const boot = (bootargs: string) => top({ chosen: { bootargs }, tcu: { compatible: 'x' } });
  const onCard = (more: NodeSpec, bootargs: string) => {
    const node = { ...DEVICE, compatible: 'nvidia,tegra234-mgbe', ...more };
    return factsOf(
      makeFdt({ ...NVIDIA_TREE, chosen: { bootargs }, 'bus@0': { ...BUS, 'ethernet@9000000': node } }),
    );
  };
  test.each([
    'root=/dev/nfs ip=dhcp nfsroot=10.0.0.1:/srv',
    'ro root=nfs:10.0.0.1:/srv',
    'netroot=iscsi:10.0.0.1::::x',
    'root=/dev/nbd0',
  ])('%s: no Ethernet controller goes', (args) => {
    const { kind, reasons } = verdict('ethernet@9000000', onCard({}, args));
    expect([kind, reasons[0]]).toEqual([
      'refused',
      expect.stringMatching(/^the host's root is on a network \(/),
    ]);
    expect(verdict('ethernet@9000000', onCard({ status: 'disabled' }, args)).kind).toBe('ready');
    expect(verdict('uarta', boot(args)).kind).toBe('needs-iommus');
  });
  test.each(['root=/dev/nfsdisk', 'root=PARTUUID=nfs', 'xroot=/dev/nfs', 'root=/dev/nvme0n1p1 ip=dhcp'])(
    '%s is a disk',
    (args) => {
      expect(verdict('ethernet@9000000', onCard({}, args)).kind).toBe('ready');
    },
  );
  test('the UART that the TCU goes out through is the console, also where its node is off', () => {
    const uart = {
      compatible: 'nvidia,tegra194-hsuart',
      reg: [0, 0xc280000, 0, 0x10000],
      clocks: [2, 157],
      status: 'disabled',
    };
    const host = (tcu: NodeSpec) =>
      factsOf(makeFdt({ ...NVIDIA_TREE, tcu, 'bus@0': { ...BUS, 'serial@c280000': uart } }));
    const tcu = { compatible: 'nvidia,tegra194-tcu' };
    expect(verdict('serial@c280000', host(tcu)).reasons[0]).toMatch(/combined console \(TCU\)/);
    expect(verdict('serial@c280000', host({ ...tcu, status: 'disabled' })).kind).toBe('needs-iommus');
  });
});

describe('what is behind a controller', () => {
  const chip = (more: NodeSpec) => withDevice({ '#address-cells': [1], '#size-cells': [0], ...more });
  const flash: NodeSpec = { compatible: 'jedec,spi-nor', reg: [0] };
  test.each([
    ['flash', { 'flash@0': flash }, 'refused'],
    [
      'a chip behind a multiplexer',
      { mux: { 'i2c@0': { reg: [0], 'tpm@20': { compatible: 'x,tpm', reg: [32] } } } },
      'refused',
    ],
    ['a switch', { mdio: { 'switch@1': { compatible: 'marvell,mv88e6190', reg: [1] } } }, 'refused'],
    ['a chip that is off', { 'flash@0': { ...flash, status: 'disabled' } }, 'ready'],
    [
      'a chip at a UART, which has no address',
      { compatible: 'nvidia,tegra194-hsuart', mcu: { compatible: 'x,mcu' } },
      'refused',
    ],
    ['spidev', { 'spi@0': { compatible: 'tegra-spidev', reg: [0] } }, 'ready'],
    ['its own PHY', { mdio: { 'phy@0': { compatible: 'ethernet-phy-ieee802.3-c45', reg: [0] } } }, 'ready'],
  ] as const)('%s', (_, more, kind) => {
    expect(verdict('x@9000000', chip(more)).kind).toBe(kind);
  });
});

describe('nvpps', () => {
  const pps = { compatible: 'nvidia,tegra234-nvpps', 'primary-emac': [60] };
  const given = (more: NodeSpec) =>
    verdict('x@9000000', withDevice({ phandle: [60] }, { nvpps: { ...pps, ...more } }));
  test('has the host’s counter follow the PTP clock of a MAC, which then stays with the host', () => {
    expect(given({}).reasons[0]).toMatch(/^\/nvpps locks the host's system counter/);
    expect(given({ ptp_tsc_sync_dis: true }).reasons[0]).toMatch(/other devices rely on it: \/nvpps/);
    expect(given({ status: 'disabled' }).kind).toBe('ready');
  });
});

describe('what it does not work without', () => {
  test.each([
    ['a part of the audio hub', { compatible: 'nvidia,tegra234-ahub' }, 'nvidia,tegra234-i2s', {}],
    ['a PCIe end point', { compatible: 'simple-bus' }, 'nvidia,tegra234-pcie-ep', { 'nvidia,bpmp': [2, 4] }],
  ] as const)('%s', (_, above, compatible, more) => {
    const hub = {
      ...above,
      '#address-cells': [2],
      '#size-cells': [2],
      ranges: true,
      reg: [0, 0x9100000, 0, 0x1000],
      'y@9200000': { ...DEVICE, compatible, reg: [0, 0x9200000, 0, 0x1000], ...more },
    } as NodeSpec;
    const facts = factsOf(makeFdt({ ...NVIDIA_TREE, 'bus@0': { ...BUS, 'hub@9100000': hub } }));
    const { kind, reasons } = verdict('y@9200000', facts);
    expect([kind, reasons[0]]).toEqual(['refused', expect.stringMatching(/^it does not work without/)]);
  });
});

describe('by what it is', () => {
  test.each([
    ['nvidia,tegra234-efuse', 'refused'],
    ['nvidia,t234-soc-hwpm', 'refused'],
    ['nvidia,tegra194-rce', 'refused'],
    ['x,sdhci-thing', 'refused'],
    ['tegra234,ufs_variant', 'refused'],
    ['x,logicvc', 'ready'],
  ])('%s: %s', (compatible, kind) => {
    expect(verdict('x@9000000', withDevice({ compatible })).kind).toBe(kind);
  });
  test('the clock of a bus is nobody’s own', () => {
    const [policy] = derivePolicies(
      [{ name: 'a', devices: ['x@9000000'] }],
      withDevice({ clocks: [2, 8, 2, 201] }),
    );
    expect(policy?.ids.map((id) => [id.name, id.class])).toContainEqual(['TEGRA234_CLK_AXI_CBB', 'shared']);
  });
});

describe('DMA that nothing confines', () => {
  const dropped = { compatible: 'x,device', reg: [0, 0x9000000, 0, 0x1000], clocks: [2, 201] };
  test.each([
    ['a stream that passes the SMMU', { iommus: [3, 0x7f] }],
    ['no stream, and coherent', { 'dma-coherent': true }],
    ['no stream, and a memory controller', { 'nvidia,memory-controller': [8] }],
  ] as const)('%s', (_, more) => {
    const facts = nvidiaFacts({ 'x@9000000': { ...dropped, ...more } as NodeSpec });
    expect(verdict('x@9000000', facts).kind).toBe('unconfined-dma');
  });
  test('an error in lint, unless it is forced or the recipe accepts it', () => {
    const facts = nvidiaFacts();
    const lint = (devices: string[], accept?: readonly 'unconfined-dma'[]) =>
      lintPolicies(derivePolicies([{ name: 'a', devices, ...(accept && { accept }) }], facts), facts)
        .filter(({ rule }) => rule === 'unconfined-dma')
        .map(({ severity }) => severity);
    expect(lint(['gpu'])).toEqual(['error']);
    expect(lint(['gpu!'])).toEqual(['warning']);
    expect(lint(['gpu'], ['unconfined-dma'])).toEqual(['warning']);
  });
});

describe('the guest’s node', () => {
  function guest(facts: Facts) {
    const [policy] = derivePolicies([{ name: 'a', devices: ['x@9000000'] }], facts);
    const [device] = policy?.devices ?? [];
    if (policy === undefined || device === undefined) throw new Error('a device');
    return guestNode({ device, place: { name: 'x', addresses: [0xc000000n], spis: [] } }, policy, facts);
  }
  test('a property that nobody knows is not taken for bytes where a cell may be a phandle, and lint says so', () => {
    const facts = withDevice({ 'x,odd': [99, 2], 'x,number': [123_456], 'bus-width': [2] });
    const { lines, left } = guest(facts);
    expect(left).toContain('x,odd');
    expect(lines.join()).toContain('x,number = <0x1e240>;');
    expect(lines.join()).toContain('bus-width = <0x2>;');
    expect(verdict('x@9000000', facts)).toMatchObject({ kind: 'loses-parts' });
  });
  test('settings outside of the device are copied, and referred to by a label', () => {
    const table = { 'nvidia,num-vm-irqs': [4], phandle: [60], vm_irq1: { 'nvidia,vm-num': [1] } };
    const { lines, data } = guest(withDevice({ 'nvidia,vm-irq-config': [60] }, { 'vm-irq-config': table }));
    expect(lines.join('\n')).toContain('nvidia,vm-irq-config = <&x_9000000_vm_irq_config>;');
    expect(
      dataLines([guest(withDevice({ 'nvidia,vm-irq-config': [60] }, { 'vm-irq-config': table }))]),
    ).toContain('x_9000000_vm_irq_config: vm-irq-config {');
    expect(JSON.stringify(data)).not.toContain('phandle');
  });
  test('a child’s interrupts fall with a controller that stays behind; an empty list stays empty', () => {
    const child = { compatible: 'ethernet-phy-id', reg: [0], interrupts: [5, 8], 'interrupt-parent': [6] };
    const { lines, left } = guest(withDevice({ dmas: true, mdio: { 'phy@0': child } }));
    expect(lines.join('\n')).not.toMatch(/^\t+interrupt/m);
    expect(left).toContain('phy@0/interrupts');
    expect(lines).toContain('\tdmas;');
  });
});

test('the AGIC’s numbers are none of the GIC’s', () => {
  const agic = {
    compatible: ['nvidia,tegra234-agic', 'nvidia,tegra210-agic'],
    '#interrupt-cells': [3],
    phandle: [61],
  };
  const facts = withDevice({ interrupts: [0, 5, 4], 'interrupt-parent': [61] }, { agic });
  expect(findDevice(facts.index, 'x@9000000', NOTES).interrupts[0]).not.toHaveProperty('spi');
});

test.each(['/', '/dev/zero'])('%s is not a device tree, and is not read', async (file) => {
  await expect(readTreeFile(file)).rejects.toThrow(/not a regular file/);
});
