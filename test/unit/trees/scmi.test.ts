// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { scmiDomains, scmiMap } from '../../../src/trees/scmi-domains.ts';
import { scmiGuest } from '../../../src/trees/scmi-guest.ts';
import { nvidiaFacts, ROOT } from '../../helpers/trees/nvidia-tree.ts';

const facts = nvidiaFacts();
const template = readFileSync(join(ROOT, 'dts-templates/guest-scmi.dts.in'), 'utf8');

function policyOf(...devices: string[]) {
  const [policy] = derivePolicies([{ name: 'uart-vm', devices }], facts);
  if (policy === undefined) throw new Error('no policy');
  return policy;
}
const source = (...devices: string[]) =>
  scmiGuest(policyOf(...devices), facts, { what: 'Guest uart-vm', hostTree: 'host.dtb' }, template);

test('UARTA: the map has its clock, the shared one that it hangs on, and its reset', () => {
  expect(scmiMap(policyOf('uarta'))).toBe(
    [
      'bpmp-virt-scmi 1',
      'agent uart-vm',
      'clock 0 102 shared pllp_out0',
      'clock 1 155 own uarta',
      'reset 0 100 own uarta',
      '',
    ].join('\n'),
  );
});

test('ids are dense and ascend with the BPMP’s, for every kind of any devices', () => {
  const domains = scmiDomains(policyOf('uarta', 'i2c@3160000', 'spi1', 'vic@15340000'));
  for (const kind of ['clock', 'reset', 'power-domain']) {
    const of = domains.filter((domain) => domain.kind === kind);
    expect(of.map(({ scmi }) => scmi)).toEqual(of.map((_, at) => at));
    const bpmp = of.map(({ bpmp }) => bpmp);
    expect(bpmp).toEqual([...new Set(bpmp)].sort((a, b) => a - b));
  }
});

describe('the overlay of a guest', () => {
  test('UARTA: SCMI’s protocols in place of the BPMP, and references by dense ids', () => {
    const text = source('uarta');
    expect(text).toContain('compatible = "arm,scmi-virtio";');
    expect(text).toContain('scmi_clk: protocol@14 {');
    expect(text).toContain('scmi_rst: protocol@16 {');
    expect(text).not.toContain('protocol@11');
    expect(text).toContain('clocks = <&scmi_clk 1>, <&scmi_clk 0>;');
    expect(text).toContain('clock-names = "serial", "parent";');
    expect(text).toContain('resets = <&scmi_rst 0>;');
    expect(text).toContain('serial0 = "/platform-bus@c000000/serial@c000000";');
    expect(text).toContain('ranges = <0xc000000 0x0 0xc000000 0x2000000>;');
    expect(text).not.toMatch(/bpmp[ :]|TEGRA234/);
  });

  test.each(['i2c@3160000', 'spi1', 'usb@3550000', 'vic@15340000'])(
    '%s: every reference is to a domain of the map',
    (name) => {
      const text = source(name);
      const domains = scmiDomains(policyOf(name));
      for (const [, label, id] of text.matchAll(/<&(scmi_\w+) (0x[\da-f]+|\d+)>/g)) {
        const kind = { scmi_clk: 'clock', scmi_rst: 'reset', scmi_pd: 'power-domain' }[label ?? ''];
        expect(domains.filter((each) => each.kind === kind && each.scmi === Number(id))).toHaveLength(1);
      }
      expect(text).not.toContain('&bpmp');
    },
  );
});
