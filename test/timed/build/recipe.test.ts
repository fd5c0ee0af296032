// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { figure, fiveTimes } from '../../helpers/figures.ts';
import { type LabProduct, labProduct, RECIPE } from '../../helpers/lab/lab-product.ts';

describe(`bpmp-virt build ${RECIPE}, once it is built`, () => {
  let product: LabProduct;
  beforeAll(async () => {
    product = await labProduct();
  });
  afterAll(() => (product as LabProduct | undefined)?.release());

  it('has nothing to do the second time, and says so', async () => {
    const { stdout, ms } = await fiveTimes(() => product.good('build', RECIPE));
    expect(stdout).toMatch(/nothing/i);
    expect(stdout).not.toMatch(/^> /m);
    figure('build with nothing changed', Math.round(ms), 'ms', { atMost: 500 });
  });

  it('starts at once', async () => {
    const { stdout, ms } = await fiveTimes(() => runCli(['--help'], { main: product.main }));
    expect(stdout).toContain('build what a recipe describes');
    figure('bpmp-virt --help', Math.round(ms), 'ms', { atMost: 150 });
  });

  it('makes trees and command alone anew for another device', async () => {
    const other = await product.good('build', RECIPE, '--device', 'gen8_i2c');
    const started = [...other.stdout.matchAll(/^> ([\w-]+)/gm)].map(([, step]) => step);
    expect(started.sort()).toEqual(['bundle', 'dt-guest', 'dt-host', 'run-script']);
    figure('build for another device', Math.round(other.ms), 'ms', { atMost: 3_000 });
    await product.good('build', RECIPE);
  });
});
