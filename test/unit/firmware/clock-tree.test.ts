// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { buildClockTree, type ClockNode } from '../../../src/firmware/clock-tree.ts';

const tree = buildClockTree();
const byId = new Map(tree.map((clock) => [clock.id, clock]));
const named = (name: string): ClockNode => {
  const clock = tree.find((node) => node.name === name);
  if (clock === undefined) throw new Error(`no clock ${name}`);
  return clock;
};

describe('the clock tree', () => {
  it('has the 435 clocks of the binding', () => {
    expect(tree).toHaveLength(435);
    expect(new Set(tree.map(({ name }) => name)).size).toBe(435);
    expect(Math.max(...byId.keys())).toBe(476);
    expect(named('uarta').id).toBe(155);
    expect(named('pllp_out0').id).toBe(102);
  });

  it('names only parents that exist, 16 at most, and no clock twice', () => {
    for (const { name, parents } of tree) {
      expect(parents.length, name).toBeLessThanOrEqual(16);
      expect(new Set(parents).size, name).toBe(parents.length);
      for (const parent of parents) expect(byId.has(parent), `${name} -> ${parent}`).toBe(true);
    }
  });

  it('has no cycle, whatever parent each mux chooses', () => {
    const finished = new Set<number>();
    const visit = (id: number, path: readonly number[]) => {
      if (finished.has(id)) return;
      expect(path, `cycle through ${byId.get(id)?.name}`).not.toContain(id);
      for (const parent of byId.get(id)?.parents ?? []) visit(parent, [...path, id]);
      finished.add(id);
    };
    for (const id of byId.keys()) visit(id, []);
  });

  it('has roots only where a signal comes from outside', () => {
    const roots = tree.filter(({ parents }) => parents.length === 0).map(({ name }) => name);
    expect(roots.filter((name) => !/^(osc|clk_32k|.*_input)$/.test(name))).toEqual([]);
  });

  it('has many muxes and keeps the ancestors of UARTA small', () => {
    const muxes = tree.filter(({ parents }) => parents.length > 1).length;
    expect(muxes).toBeGreaterThan(150);
    const ancestors = new Set<number>();
    const add = (id: number) => {
      for (const parent of byId.get(id)?.parents ?? []) {
        ancestors.add(parent);
        add(parent);
      }
    };
    add(155);
    expect([...ancestors].map((id) => byId.get(id)?.name).sort()).toEqual([
      'clk_m',
      'osc',
      'pllp',
      'pllp_out0',
    ]);
  });
});
