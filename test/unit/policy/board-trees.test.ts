// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { TEGRA234_IDS } from '../../../src/dt/data/tegra234-ids.ts';
import { listDevices } from '../../../src/dt/devices.ts';
import { withAllBelow } from '../../../src/dt/host-roles.ts';
import { isPlain, referenceForm } from '../../../src/dt/reference-properties.ts';
import { readSpecifiers } from '../../../src/dt/specifiers.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import type { DeviceReport } from '../../../src/policy/device-report.ts';
import { guestNode } from '../../../src/trees/guest-node.ts';
import { hostOverlay } from '../../../src/trees/host-overlay.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { factsOf, ROOT, reportAll } from '../../helpers/trees/nvidia-tree.ts';
import {
  cells,
  type OwnNode,
  ownIds,
  ownRegisters,
  ownSpis,
  readOwn,
} from '../../helpers/trees/own-reader.ts';

/** Trees of real boards; they are not part of the project. */
const FOLDER = join(ROOT, '../shared/trees');
const SUPPORTED = /^(bsp-36|l4t-36|linux|seeed).*(?<!tegra264.*)\.dtb\.gz$/;
const isThere = existsSync(FOLDER);
const trees = isThere ? readdirSync(FOLDER).filter((file) => file.endsWith('.dtb.gz')) : [];
const blobOf = (file: string) => gunzipSync(readFileSync(join(FOLDER, file)));

if (!isThere) {
  process.stdout.write(`NOT THERE: ${FOLDER}: verdicts on the trees of real boards are not tested\n`);
  test.skip(`trees of real boards: ${FOLDER} is not there`, () => undefined);
}

/** A device in one line, for the golden table. */
function line({ name, enabled, verdict }: DeviceReport): string {
  return [
    `${name} (${enabled ? 'on' : 'off'}): ${verdict.kind}`,
    ...verdict.reasons.map((why) => `  ${why}`),
  ].join('\n');
}

describe.each(trees.filter((file) => SUPPORTED.test(file)))('%s', (file) => {
  let facts: ReturnType<typeof factsOf>;
  let reports: readonly DeviceReport[];
  let own: OwnNode[];
  beforeAll(() => {
    facts = factsOf(blobOf(file));
    reports = reportAll(facts);
    own = readOwn(blobOf(file));
  });

  test('verdicts are those of the table, of which those of 36.3, 36.4.2 and Linux 7.1 were read line by line', async () => {
    const golden = `../../fixtures/verdicts/${file.replace('.dtb.gz', '.txt')}`;
    await expect(`${reports.map(line).join('\n')}\n`).toMatchFileSnapshot(golden);
  });

  test('another reader finds the same registers, interrupts and ids', () => {
    expect(reports.length).toBeGreaterThan(60);
    for (const report of reports) {
      const node = own.find((each) => each.path === report.path) as OwnNode;
      expect(report.registers.map(({ address, size }) => `${address}+${size}`)).toEqual(ownRegisters(node));
      const spis = node.properties.has('interrupts-extended') ? undefined : ownSpis(own, node);
      if (spis !== undefined)
        expect(
          report.interrupts.map(({ spi }) => spi),
          report.path,
        ).toEqual(spis);
      const noted = (list: readonly { id: number }[]) => list.map(({ id }) => id);
      const clocks = new Set([
        ...ownIds(own, report.path, 'clocks'),
        ...ownIds(own, report.path, 'assigned-clocks'),
      ]);
      // UARTA's notes give it the documented second clock, which mainline's tree does not name.
      if (report.name === 'uarta') clocks.add(102);
      expect(noted(report.clocks), report.path).toEqual([...clocks].sort((a, b) => a - b));
      expect(noted(report.resets), report.path).toEqual(ownIds(own, report.path, 'resets'));
      expect(noted(report.powerDomains), report.path).toEqual(ownIds(own, report.path, 'power-domains'));
    }
  });

  test('every property with a phandle’s number in it is known, and every reference is read to its end', () => {
    const { phandles, tree } = facts.index;
    // Labels and aliases are names, whatever they would mean as properties.
    const nodes = [...tree.nodes.values()].filter(({ path }) => !/^\/(__\w+|aliases)/.test(path));
    const all = nodes.flatMap((node) =>
      [...node.properties].map(([property, bytes]) => ({ node, property, bytes: Buffer.from(bytes) })),
    );
    for (const { node, property } of all) {
      const form = referenceForm(property);
      if (form !== undefined) expect(readSpecifiers(node, property, form, phandles).problem).toBe(undefined);
    }
    const unknown = all.filter(
      ({ property, bytes }) =>
        referenceForm(property) === undefined &&
        !isPlain(property) &&
        bytes.length % 4 === 0 &&
        cells(bytes).some((each) => phandles.has(each)),
    );
    expect([...new Set(unknown.map(({ property }) => property))]).toEqual([]);
  });

  test('no cell of a guest’s node comes from a phandle of the host; one overlay takes all devices', () => {
    const names = listDevices(facts.index, facts.notes).map((device) => `${device.node.path}!`);
    const [policy] = derivePolicies([{ name: 'all', devices: names }], facts);
    if (policy === undefined) throw new Error('one policy');
    for (const device of policy.devices) {
      const place = {
        name: 'x',
        addresses: device.registers.map((_, at) => 0x0c00_0000n + BigInt(at) * 0x1000n),
        spis: device.interrupts.map((_, at) => at),
      };
      const text = guestNode({ device, place }, policy, facts).lines.join('\n');
      const properties = [...withAllBelow(device.node)].flatMap((node) => [...node.properties.keys()]);
      for (const property of properties.filter((each) => referenceForm(each) !== undefined)) {
        // What is left of a reference is empty or names labels.
        const escaped = property.replaceAll(/[.*+?]/g, '\\$&');
        const values = [...text.matchAll(new RegExp(`^\\t+${escaped} = (.*);$`, 'gm'))].map(
          ([, value]) => value,
        );
        for (const value of values) expect(value, `${device.node.path} ${property}`).toMatch(/^<&/);
      }
    }
    const folder = tmpDir();
    const template = (name: string) => readFileSync(join(ROOT, 'dts-templates', name), 'utf8');
    const templates = {
      overlay: template('host-overlay.dts.in'),
      policyNode: template('policy-node.dts.in'),
    };
    const source = hostOverlay([policy], facts.index, facts.ids, templates, file);
    const { clocks, resets, powerDomains, streams } = TEGRA234_IDS;
    const ids: Record<string, number> = {
      ...clocks,
      ...resets,
      ...powerDomains,
      ...streams.niso0,
      ...streams.shared,
    };
    const plain = source
      .replaceAll(/^#include.*$/gm, '')
      .replaceAll(/\bTEGRA234_\w+/g, (name) => String(ids[name] ?? name));
    writeFileSync(join(folder, 'host.dtb'), blobOf(file));
    writeFileSync(join(folder, 'all.dts'), plain);
    const run = (program: string, ...words: string[]) =>
      execFileSync(program, words, { cwd: folder, timeout: 60_000 });
    run('dtc', '-q', '-I', 'dts', '-O', 'dtb', '-o', 'all.dtbo', 'all.dts');
    run('fdtoverlay', '-i', 'host.dtb', '-o', 'merged.dtb', 'all.dtbo');
    const merged = readOwn(readFileSync(join(folder, 'merged.dtb')));
    const proxy = merged.find((node) => node.path === '/bpmp_host_proxy');
    expect(cells(proxy?.properties.get('passthrough-devices')).length).toBe(names.length);
  });
});

describe.runIf(isThere)('the ids that are public for devices of the AGX Orin, on its tree of 36.3', () => {
  const mgbe0 = [248, 357, 361, 369, 373, 374, 375, 376, 377, 378, 379, 380, 381];
  let reports: readonly DeviceReport[];
  beforeAll(() => {
    reports = reportAll(factsOf(blobOf('l4t-36.3-p3737-0000+p3701-0000-nv.dtb.gz')));
  });
  test.each([
    ['gpu', [41, 236, 304], [19], [35]],
    ['vic@15340000', [167], [113], [29]],
    ['nvdec@15480000', [40, 83, 154], [44], [23]],
    ['nvjpg@15540000', [20], [10], [36]],
    ['mgbe0', mgbe0, [45, 46, 47], [18]],
    ['mttcan0', [9, 10, 94, 284], [4], []],
  ])('%s', (wanted, ...expected) => {
    const ids = (list: readonly { id: number }[] = []) => list.map(({ id }) => id);
    const found = reports.find(({ name }) => name === wanted);
    expect([ids(found?.clocks), ids(found?.resets), ids(found?.powerDomains)]).toEqual(expected);
  });
});

describe('trees that are refused', () => {
  test.each([
    ['linux-7.1-tegra264', /Tegra264: only Tegra234/],
    ['bsp-35', /Jetson Linux 35/],
    ['hostile-comment', /holds characters that no name may hold/],
    ['hostile-property', /holds characters that no name may hold/],
  ])('%s', (start, why) => {
    for (const file of trees.filter((each) => each.startsWith(start)))
      expect(() => factsOf(blobOf(file))).toThrow(why);
  });
});
