// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDevice, listDevices } from '../../../src/dt/devices.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { lintPolicies, refuseErrors } from '../../../src/policy/lint.ts';
import { needsOf } from '../../../src/policy/needs.ts';
import { compareWithLock, parsePolicyDocument, policyDocument } from '../../../src/policy/policy-document.ts';
import { judgeDevice } from '../../../src/policy/verdict.ts';
import { giveStreams } from '../../../src/trees/streams.ts';
import { makeFdt } from '../../helpers/trees/make-fdt.ts';
import { factsOf, NOTES, NVIDIA_TREE, nvidiaFacts } from '../../helpers/trees/nvidia-tree.ts';

const facts = nvidiaFacts();
const vm = (name: string, ...devices: string[]) => ({ name, devices });
const brief = (...requests: readonly ReturnType<typeof vm>[]) =>
  derivePolicies(requests, facts).map((policy) =>
    policy.ids.map((id) => `${id.kind} ${id.name ?? id.id} ${id.class}`),
  );
const verdict = (name: string, from = facts) => judgeDevice(findDevice(from.index, name, NOTES), from);

describe('derivation', () => {
  test('UARTA: its own clock and reset; the PLL that the host uses too is shared', () => {
    expect(brief(vm('a', 'uarta'))).toEqual([
      [
        'clock TEGRA234_CLK_PLLP_OUT0 shared',
        'clock TEGRA234_CLK_UARTA own',
        'reset TEGRA234_RESET_UARTA own',
      ],
    ]);
  });
  test('the GPU has its power domain', () => {
    expect(brief(vm('a', 'gpu'))).toEqual([
      [
        'clock TEGRA234_CLK_GPC0CLK own',
        'clock TEGRA234_CLK_GPC1CLK own',
        'clock TEGRA234_CLK_GPUSYS own',
        'reset TEGRA234_RESET_GPU own',
        'power-domain TEGRA234_POWER_DOMAIN_GPU own',
      ],
    ]);
  });
  test('a PLL is nobody’s own, also where no other node names it', () => {
    const alone = nvidiaFacts({ 'i2c@3160000': { compatible: 'x' } });
    const [policy] = derivePolicies([vm('a', 'uarta')], alone);
    expect(policy?.ids.find((id) => id.id === 102)).toMatchObject({ class: 'shared', otherUsers: [] });
  });
  test('a switched-off node of the host uses nothing', () => {
    const off = nvidiaFacts({ 'old@1': { compatible: 'x', clocks: [2, 155], status: 'disabled' } });
    const [policy] = derivePolicies([vm('a', 'uarta')], off);
    expect(policy?.ids.find((id) => id.id === 155)?.class).toBe('own');
    const on = nvidiaFacts({ 'new@1': { compatible: 'x', clocks: [2, 155] } });
    expect(derivePolicies([vm('a', 'uarta')], on)[0]?.ids.find((id) => id.id === 155)).toMatchObject({
      class: 'shared',
      otherUsers: ['/bus@0/new@1'],
    });
  });
  test('a clock of two VMs is shared in both, a domain of two is withheld from both', () => {
    const ids = brief(vm('a', 'usb@3550000'), vm('b', 'usb@3610000'));
    expect(ids[0]).toContain('power-domain TEGRA234_POWER_DOMAIN_XUSBA withheld');
    expect(ids[1]).toContain('power-domain TEGRA234_POWER_DOMAIN_XUSBA withheld');
    expect(ids[0]).toContain('power-domain TEGRA234_POWER_DOMAIN_XUSBB own');
    expect(brief(vm('a', 'usb@3550000', 'usb@3610000'))[0]).toContain(
      'power-domain TEGRA234_POWER_DOMAIN_XUSBA own',
    );
  });
  test('no id in a policy without a device that names it, and every id has a reason', () => {
    const names = listDevices(facts.index, NOTES).map((device) => device.node.path);
    fc.assert(
      fc.property(fc.array(fc.subarray(names), { minLength: 1, maxLength: 3 }), (sets) => {
        const policies = derivePolicies(
          sets.map((set, at) => vm(`vm${at}`, ...set)),
          facts,
        );
        for (const policy of policies) {
          const named = policy.devices.flatMap((device) => needsOf(device, facts.index, facts.namer));
          for (const id of policy.ids) {
            expect(named.some((need) => need.kind === id.kind && need.id === id.id)).toBe(true);
            expect(id.devices.length).toBeGreaterThan(0);
            expect(id.reason).not.toBe('');
            const mine = policies.filter((other) => other !== policy && id.class === 'own');
            expect(
              mine.some((other) => other.ids.some((each) => each.kind === id.kind && each.id === id.id)),
            ).toBe(false);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('verdicts', () => {
  test.each([
    ['uarta', 'needs-iommus', /no stream, so no IOMMU group/],
    ['spi1', 'needs-iommus', /its stream is that of .*dma-controller@2600000/],
    ['gpu', 'unconfined-dma', /can reach all memory/],
    ['mmc@3400000', 'shares-clock', /SDMMC_LEGACY_TM.*mmc@3460000/],
    ['mmc@3460000', 'refused', /disks are at it/],
    ['vic@15340000', 'loses-parts', /will miss .*hub@13000000 \(parent\)/],
    ['dma-controller@2600000', 'refused', /other devices rely on it: .*i2c@3160000/],
    ['hub@13000000', 'refused', /devices are behind it: vic@15340000/],
    ['lost@5000000', 'refused', /phandle 0xdead/],
  ] as const)('%s: %s', (name, kind, reason) => {
    const found = verdict(name);
    expect(found.kind).toBe(kind);
    expect(found.reasons.join('\n')).toMatch(reason);
  });
  test('a device with a stream and ids of its own is ready', () => {
    expect(verdict('ethernet@6900000')).toEqual({ kind: 'ready', reasons: [] });
  });
  test.each(['serial1:115200n8', '/bus@0/serial@3100000'])('the host’s console is refused: %s', (path) => {
    const host = factsOf(makeFdt({ ...NVIDIA_TREE, chosen: { 'stdout-path': path } }));
    expect(verdict('uarta', host)).toMatchObject({ kind: 'refused' });
    expect(verdict('uarta', host).reasons[0]).toMatch(/host's console/);
  });
});

describe('streams', () => {
  test('one for all of a VM’s devices, another for the next VM; 0x49 is MGBE1 on this SMMU', () => {
    const policies = derivePolicies(
      [vm('a', 'uarta', 'spi1'), vm('b', 'i2c@3160000'), vm('c', 'vic@15340000')],
      facts,
    );
    const streams = giveStreams(policies, facts.index, facts.ids);
    expect([...streams].map(([path, { smmu, stream, name }]) => [path, smmu.name, stream, name])).toEqual([
      ['/bus@0/serial@3100000', 'iommu@12000000', 0x18, 'TEGRA234_SID_SMMU_TEST'],
      ['/bus@0/spi@3210000', 'iommu@12000000', 0x18, 'TEGRA234_SID_SMMU_TEST'],
      ['/bus@0/i2c@3160000', 'iommu@12000000', 0x7e, undefined],
    ]);
  });
  test('a stream that a node has already is not given again', () => {
    const used = nvidiaFacts({ 'x@1': { compatible: 'x', iommus: [3, 0x18] } });
    const policies = derivePolicies([vm('a', 'uarta')], used);
    expect(giveStreams(policies, used.index, used.ids).get('/bus@0/serial@3100000')?.stream).toBe(0x7e);
  });
});

describe('lint', () => {
  const lint = (...requests: readonly ReturnType<typeof vm>[]) =>
    lintPolicies(derivePolicies(requests, facts), facts).map(
      ({ rule, severity, vm: of }) => `${of} ${severity} ${rule}`,
    );
  test('two VMs with devices of their own are sound', () => {
    expect(lint(vm('a', 'uarta'), vm('b', 'ethernet@6900000'))).toEqual([]);
  });
  test('one device for two VMs', () => {
    expect(lint(vm('a', 'uarta'), vm('b', 'uarta'))).toContain('b error device-twice');
  });
  test('a device, and one that is inside of it', () => {
    expect(lint(vm('a', 'hub@13000000'), vm('b', 'vic@15340000'))).toContain('b error device-twice');
  });
  test('the root disk: an error, a warning where it is forced', () => {
    expect(lint(vm('a', 'mmc@3460000'))).toContain('a error host-device');
    expect(lint(vm('a', 'mmc@3460000!'))).not.toContain('a error host-device');
    expect(lint(vm('a', 'mmc@3460000!'))).toContain('a warning host-device');
  });
  test('a clock that two VMs want to set', () => {
    expect(lint(vm('a', 'mmc@3400000'), vm('b', 'mmc@3460000!'))).toContain('a error clock-shared');
  });
  test('all errors are told at once', () => {
    const findings = lintPolicies(
      derivePolicies([vm('a', 'uarta', 'lost@5000000'), vm('b', 'uarta')], facts),
      facts,
    );
    expect(() => refuseErrors(findings)).toThrow(/given to a already[\s\S]*lost@5000000/);
  });
});

describe('the lock', () => {
  const now = policyDocument(derivePolicies([vm('a', 'uarta')], facts));
  test('a document is read back as it was written', () => {
    expect(parsePolicyDocument(JSON.stringify(now), 'x')).toEqual(now);
  });
  test('the same policy differs in nothing', () => {
    expect(compareWithLock(now, now)).toEqual([]);
  });
  test('an id that is new, gone, or of another class', () => {
    const ids = now.vms[0]?.ids ?? [];
    const [shared, own, reset] = ids;
    if (shared === undefined || own === undefined || reset === undefined) throw new Error('three ids');
    const locked = {
      ...now,
      vms: [{ vm: 'a', devices: [], ids: [{ ...shared, class: 'own' as const }, { ...own, id: 9 }, reset] }],
    };
    expect(compareWithLock(locked, now).map((finding) => finding.message.replace(/:.*/, ''))).toEqual([
      'TEGRA234_CLK_PLLP_OUT0 clock 102 was own and is shared',
      'TEGRA234_CLK_UARTA clock 9 is gone (was own)',
      'TEGRA234_CLK_UARTA clock 155 is new (own)',
    ]);
  });
  test.each(['', '{}', '{"version":2,"vms":[]}', 'null'])('%j is none', (text) => {
    expect(() => parsePolicyDocument(text, 'lock.json')).toThrow(/lock.json is not a policy/);
  });
});
