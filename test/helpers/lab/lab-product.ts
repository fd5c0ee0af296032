// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect } from 'vitest';
import { type CliResult, installCli, runCli } from '../cli.ts';
import { labPlace } from './lab-place.ts';

/** All that a bundle is made from and run with; `src/` alone decides how. */
const INPUTS = [
  ...['kernel-overlay', 'patches/linux-6.12', 'qemu-overlay', 'patches/qemu-7.2'],
  ...['recipes', 'dts-templates', 'board', 'guest'],
  ...['src/steps', 'src/plan', 'src/dt', 'src/policy', 'src/trees', 'src/launch'],
];
export const RECIPE = 'debian-6.12';
export const WRITE_123 = 'echo 123 > /dev/ttyTHS0';

/** What `bpmp-virt build debian-6.12` has made; nobody else has it until `release` is called. Paths are absolute. */
export type LabProduct = {
  readonly work: string;
  readonly main: string;
  /** How long the build took, in ms. */
  readonly ms: number;
  readonly bpmpVirt: (...words: string[]) => Promise<CliResult>;
  /** The same where it has to end well. */
  readonly good: (...words: string[]) => Promise<CliResult>;
  readonly release: () => void;
};

/**
 * Clones with the same files share the work folder, so the program is not run where it was built: a copy of the package lies
 * beside the work folder, and the links in the kernel's tree lead there, whichever clone came first or is gone.
 */
export async function labProduct(): Promise<LabProduct> {
  const place = await labPlace('product', INPUTS);
  const release = await place.hold();
  const main = await installCli(join(place.folder, 'tool'));
  const work = join(place.folder, 'work');
  const bpmpVirt = (...words: string[]) => runCli([...words, '--work', work], { main });
  const good = async (...words: string[]): Promise<CliResult> => {
    const result = await bpmpVirt(...words);
    expect(`${result.code} ${result.stderr}`, words.join(' ')).toMatch(/^0 /);
    return result;
  };
  try {
    const { ms } = await good('build', RECIPE);
    return { work, main, ms, bpmpVirt, good, release };
  } catch (error) {
    release();
    throw error;
  }
}
