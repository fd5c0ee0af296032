// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runWords } from '../../../src/cli/start.ts';
import { findDevice, listDevices } from '../../../src/dt/devices.ts';
import { printDts } from '../../../src/dt/dts-text.ts';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import {
  cellsOf,
  type DeviceTree,
  type DtNode,
  isEnabled,
  phandlesOf,
  stringOf,
  stringsOf,
} from '../../../src/dt/tree.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { reportDevice } from '../../../src/policy/device-report.ts';
import { lintPolicies } from '../../../src/policy/lint.ts';
import { needsOf } from '../../../src/policy/needs.ts';
import type { VmPolicy } from '../../../src/policy/policy.ts';
import { judgeDevice } from '../../../src/policy/verdict.ts';
import { makeHostOverlay } from '../../../src/steps/device-trees.ts';
import { bindings } from '../../../src/steps/tree-inputs.ts';
import { applyOverlays, compileDts } from '../../../src/tools/dtc/dtc.ts';
import { labKernelTree } from '../../helpers/lab/lab.ts';
import { pasted } from '../../helpers/pasted.ts';
import { silentCli } from '../../helpers/silent-cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { compileBoards, decompiled, recorder } from '../../helpers/trees/board-dtbs.ts';
import { surviveMutations } from '../../helpers/trees/mutations.ts';
import { factsOf, NOTES, ROOT, reportAll } from '../../helpers/trees/nvidia-tree.ts';

const BOARDS = [
  'tegra234-p3737-0000+p3701-0000',
  'tegra234-p3740-0002+p3701-0008',
  'tegra234-p3768-0000+p3767-0000',
  'tegra234-p3768-0000+p3767-0005',
  'tegra234-sim-vdk',
];
const AGX = 'tegra234-p3737-0000+p3701-0000';

let tree: string;
let boards: ReadonlyMap<string, string>;
const blobOf = (board: string) => readFileSync(boards.get(board) ?? board);

beforeAll(async () => {
  tree = process.env['KSRC'] ?? (await labKernelTree());
  const { mkdtempSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  boards = await compileBoards(tree, mkdtempSync(join(tmpdir(), 'bpmp-virt-boards-')));
});

test('the kernel’s boards are those that are tested here', () => {
  expect([...boards.keys()].sort()).toEqual(BOARDS);
});

describe.each(BOARDS)('%s', (board) => {
  test('read, written and compiled again by dtc, it is the same tree', async () => {
    const folder = tmpDir();
    const read = readFdt(blobOf(board), board);
    for (const references of [undefined, phandlesOf(read)]) {
      writeFileSync(
        join(folder, 'again.dts'),
        printDts(read, references === undefined ? {} : { references }),
      );
      await recorder().run(['dtc', '-q', '-I', 'dts', '-O', 'dtb', '-o', 'again.dtb', 'again.dts'], folder);
      expect(await decompiled('again.dtb', folder)).toBe(await decompiled(boards.get(board) ?? '', folder));
    }
  });

  test('every device has a verdict, and every id a name of the dt-bindings', () => {
    const facts = factsOf(blobOf(board));
    const devices = listDevices(facts.index, facts.notes);
    expect(devices.length).toBeGreaterThan(40);
    for (const device of devices) {
      const report = reportDevice(device, facts);
      expect(report.registers.length).toBeGreaterThan(0);
      expect(report.verdict.kind === 'ready').toBe(report.verdict.reasons.length === 0);
      for (const id of [...report.clocks, ...report.resets, ...report.powerDomains])
        expect(id.name, `${report.path} ${id.id}`).toMatch(/^TEGRA234_/);
    }
    expect(devices.flatMap((device) => device.problems)).toEqual([]);
  });

  test('verdicts are those of the table', async () => {
    const reports = reportAll(factsOf(blobOf(board)));
    const lines = reports.flatMap(({ name, enabled, verdict }) => [
      `${name} (${enabled ? 'on' : 'off'}): ${verdict.kind}`,
      ...verdict.reasons.map((why) => `  ${why}`),
    ]);
    const golden = `../../fixtures/verdicts/linux-6.12/${board}.txt`;
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(golden);
  });

  test('no id in a policy without a device that names it', () => {
    const facts = factsOf(blobOf(board));
    const devices = listDevices(facts.index, facts.notes).map((device) => device.node.path);
    // Devices that lie beside each other share the most.
    for (let at = 0; at + 5 < devices.length; at += 2) {
      const vms = [
        { name: 'one', devices: devices.slice(at, at + 3) },
        { name: 'two', devices: devices.slice(at + 3, at + 6) },
      ];
      for (const policy of derivePolicies(vms, facts)) {
        const named = policy.devices.flatMap((device) => needsOf(device, facts.index, facts.namer));
        const key = ({ kind, id }: { kind: string; id: number }) => `${kind} ${id}`;
        expect(new Set(policy.ids.map(key))).toEqual(new Set(named.map(key)));
      }
    }
  });

  test('TEGRA234_SID_SMMU_TEST is unused on smmu_niso0', () => {
    const { index } = factsOf(blobOf(board));
    const niso0 = index.streams.filter((use) => index.labels.get(use.smmu.path) === 'smmu_niso0');
    expect(niso0.length).toBeGreaterThan(5);
    expect(niso0.map((use) => use.stream)).not.toContain(0x18);
  });
});

test('what the pages show of the AGX Orin is what is printed', async () => {
  const shown = pasted().filter(({ words }) => words.includes(`${AGX}.dtb`));
  expect(shown.length).toBeGreaterThan(1);
  const plain = (text: string) => text.split(/\s+/).join(' ').trim();
  for (const { page, words, output } of shown) {
    let said = '';
    const print = (text: string) => {
      said += `${text}\n`;
    };
    const given = words.map((word) => (word === `${AGX}.dtb` ? (boards.get(AGX) ?? '') : word));
    expect(await runWords(given, silentCli({ print }))).toBe(0);
    expect(plain(output), page).toBe(plain(said));
  }
});

test('the AGX Orin’s devices have the registers, interrupts and ids of its data sheet', () => {
  const facts = factsOf(blobOf(AGX));
  const row = (name: string) => {
    const report = reportDevice(findDevice(facts.index, name, NOTES), facts);
    const ids = (list: readonly { id: number }[]) => list.map((each) => each.id);
    return [
      report.registers[0]?.address,
      report.interrupts.map((each) => each.spi),
      ids(report.clocks),
      ids(report.resets),
      ids(report.powerDomains),
      report.streams.map((each) => `${each.smmu}:${each.stream}`),
      report.verdict.kind,
    ];
  };
  expect(row('uarta')).toEqual(['0x3100000', [112], [102, 155], [100], [], [], 'needs-iommus']);
  expect(row('gen8_i2c')).toEqual(['0xc250000', [32], [54, 102], [34], [], [], 'needs-iommus']);
  expect(row('spi1')).toEqual(['0x3210000', [36], [135], [91], [], ['smmu_niso0:0x4'], 'needs-iommus']);
  expect(row('pwm1')).toEqual(['0x3280000', [], [105], [68], [], [], 'needs-iommus']);
  const mgbe0 = [248, 357, 361, 369, 373, 374, 375, 376, 377, 379, 380, 381];
  expect(row('mgbe0')).toEqual(['0x6800000', [384], mgbe0, [45, 46], [18], ['smmu_niso0:0x6'], 'ready']);
  expect(row('vic@15340000')).toEqual([
    '0x15340000',
    [206],
    [167],
    [113],
    [29],
    ['smmu_niso1:0x34'],
    'refused',
  ]);
});

test.each([
  ['mmc@3460000', 'refused', /disks are at it/],
  ['gpcdma', 'refused', /rely on it: .*serial@3100000/],
  ['pwm3', 'refused', /rely on it: \/pwm-fan/],
  ['pcie@14160000', 'vfio-pci', /PCI host bridge/],
  ['mmc@3400000', 'refused', /SDMMC_LEGACY_TM/],
  ['spi@3270000', 'refused', /behind it: flash@0 \(jedec,spi-nor\)/],
  ['vic@15340000', 'refused', /does not work without .*host1x@13e00000/],
] as const)('the AGX Orin’s %s: %s', (name, kind, reason) => {
  const facts = factsOf(blobOf(AGX));
  const verdict = judgeDevice(findDevice(facts.index, name, NOTES), facts);
  expect(verdict.kind).toBe(kind);
  expect(verdict.reasons.join('\n')).toMatch(reason);
});

/** Cells of the nodes that a phandle names, for reading an overlay's work back. */
function labelled(node: DtNode, property: string, labels: ReadonlyMap<number, DtNode>) {
  const [phandle = 0, ...rest] = cellsOf(node, property) ?? [];
  return [labels.get(phandle)?.name, ...rest];
}

/** The policy node of a VM says what its policy says. */
function expectPolicyNode(merged: DeviceTree, policy: VmPolicy): void {
  const node = merged.root.children.find((each) => stringOf(each, 'label') === policy.vm);
  if (node === undefined) throw new Error(`no policy node for ${policy.vm}`);
  const ids = (kind: string, of: string) =>
    policy.ids.filter((id) => id.kind === kind && id.class === of).map((id) => id.id);
  expect(stringsOf(node, 'compatible')).toEqual(['nvidia,bpmp-host-proxy']);
  expect(labelled(node, 'nvidia,bpmp', phandlesOf(merged))).toEqual(['bpmp']);
  expect(cellsOf(node, 'allowed-clocks')).toEqual(ids('clock', 'own'));
  expect(cellsOf(node, 'shared-clocks')).toEqual(ids('clock', 'shared'));
  expect(cellsOf(node, 'allowed-resets')).toEqual(ids('reset', 'own'));
  expect(cellsOf(node, 'allowed-power-domains')).toEqual(ids('power-domain', 'own'));
  // Each phandle leads to the device itself, also of one that had none in the board's tree.
  expect(cellsOf(node, 'passthrough-devices')?.map((cell) => phandlesOf(merged).get(cell)?.path)).toEqual(
    policy.keepOff ? policy.devices.map((device) => device.node.path) : [],
  );
}

describe.each(BOARDS.filter((board) => !board.endsWith('vdk')))('the overlay for %s', (board) => {
  test('three VMs: compiled without a warning, applied, and read back', async () => {
    const folder = tmpDir();
    const facts = factsOf(blobOf(board));
    const vms = [
      { name: 'one', devices: ['uarta', 'gen8_i2c!'] },
      { name: 'two', devices: ['spi1', 'mgbe0', 'pwm1'] },
      { name: 'three', devices: ['ethernet@6900000'], keepOff: false },
    ];
    const policies = derivePolicies(vms, facts);
    expect(lintPolicies(policies, facts).filter(({ severity }) => severity === 'error')).toEqual([]);
    const into = join(folder, 'host.dtbo');
    const { run, said } = recorder();
    const tools = {
      path: (path: string) => path.replace(/^tool:/, `${ROOT}/`),
      exec: run,
      emit: () => undefined,
    };
    await makeHostOverlay(policies, facts, board, { into, includes: bindings(tree, tools) }, tools);
    await applyOverlays(boards.get(board) ?? '', [into], join(folder, 'merged.dtb'), run);
    expect(said).toEqual([]);

    const merged = readFdt(readFileSync(join(folder, 'merged.dtb')), 'merged.dtb');
    const phandles = phandlesOf(merged);
    for (const policy of policies) {
      expectPolicyNode(merged, policy);
      for (const { node: before } of policy.devices) {
        const after = merged.nodes.get(before.path) ?? merged.root;
        expect(isEnabled(after)).toBe(true);
        expect(stringsOf(after, 'compatible')).toEqual(stringsOf(before, 'compatible'));
      }
    }
    const stream = (path: string) => labelled(merged.nodes.get(path) ?? merged.root, 'iommus', phandles);
    expect(stream('/bus@0/serial@3100000')).toEqual(['iommu@12000000', 0x18]);
    expect(stream('/bus@0/i2c@c250000')).toEqual(['iommu@12000000', 0x18]);
    expect(stream('/bus@0/spi@3210000')).toEqual(['iommu@12000000', 0x7e]);
    expect(stream('/bus@0/ethernet@6800000')).toEqual(['iommu@12000000', 6]);
  });
});

test('the overlay fits a tree with the shapes of NVIDIA’s: the GPU with its domain', async () => {
  const folder = tmpDir();
  const { makeFdt } = await import('../../helpers/trees/make-fdt.ts');
  const { NVIDIA_TREE } = await import('../../helpers/trees/nvidia-tree.ts');
  writeFileSync(join(folder, 'nv.dtb'), makeFdt(NVIDIA_TREE));
  const facts = factsOf(makeFdt(NVIDIA_TREE));
  const policies = derivePolicies([{ name: 'gpu-vm', devices: ['gpu', 'uarta'] }], facts);
  const { run, said } = recorder();
  const tools = {
    path: (path: string) => path.replace(/^tool:/, `${ROOT}/`),
    exec: run,
    emit: () => undefined,
  };
  const into = join(folder, 'host.dtbo');
  await makeHostOverlay(policies, facts, 'nv.dtb', { into, includes: bindings(tree, tools) }, tools);
  await applyOverlays(join(folder, 'nv.dtb'), [into], join(folder, 'merged.dtb'), run);
  expect(said).toEqual([]);
  const node = readFdt(readFileSync(join(folder, 'merged.dtb')), 'merged.dtb').nodes.get('/bpmp_host_proxy');
  if (node === undefined) throw new Error('no policy node');
  expect(cellsOf(node, 'allowed-power-domains')).toEqual([35]);
  expect(cellsOf(node, 'allowed-clocks')).toEqual([41, 155, 236, 304]);
});

test('an overlay that refers to what is not there is refused by dtc or fdtoverlay', async () => {
  const folder = tmpDir();
  const files = new Map([['x.dts', '/dts-v1/;\n/plugin/;\n&nowhere { status = "okay"; };\n']]);
  const { run } = recorder();
  await compileDts({ files, includes: [], symbols: true }, join(folder, 'x.dtbo'), run);
  const merge = applyOverlays(boards.get(AGX) ?? '', [join(folder, 'x.dtbo')], join(folder, 'y.dtb'), run);
  await expect(merge).rejects.toThrow(/fdtoverlay/);
});

test('10,000 mutations of the AGX Orin’s tree give all reports or an error: no crash, no hang, no heap', {
  timeout: 1_800_000,
}, () => {
  surviveMutations('the AGX Orin’s tree', blobOf(AGX), 3_737, (mutation) => reportAll(factsOf(mutation)));
});
