// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises';
import { machine, totalmem } from 'node:os';
import process from 'node:process';
import type { Finding } from '../../deploy/finding.ts';
import { missingTools, neededTools } from '../../engine/host-tools.ts';
import { readText } from '../../read-file.ts';
import type { CliContext } from '../context.ts';
import { buildPlan } from './build-plan.ts';
import { explainMissing } from './host-check.ts';

/** What README asks for, and what demo and tests build. */
const RECIPE = 'debian-6.12';
const [MEMORY_GB, DISK_GB] = [4, 15];
const GB = 1e9;

/** Whether this machine is a board with a BPMP: its device tree names a Tegra. */
export async function isBoard(): Promise<boolean> {
  const compatible = await readText('/proc/device-tree/compatible').catch(() => '');
  return compatible.includes('nvidia,tegra');
}

/** Whether this machine can build, emulate and deploy. Looks at it only. */
export async function examineWorkstation(cli: CliContext): Promise<readonly Finding[]> {
  return [
    {
      state: 'ok',
      check: 'machine',
      why: `${machine()}, and no Tegra: judged as a workstation`,
      fix: '-',
    },
    { state: 'ok', check: 'node', why: `Node.js ${process.versions.node}`, fix: '-' },
    await programs(cli),
    enough('memory', totalmem(), MEMORY_GB, 'of RAM'),
    await disk(cli.cwd),
  ];
}

async function programs(cli: CliContext): Promise<Finding> {
  const { steps } = await buildPlan(RECIPE, [], cli);
  const needed = neededTools(steps);
  const missing = await missingTools(needed);
  if (missing.length === 0)
    return {
      state: 'ok',
      check: 'programs',
      why: `all ${needed.length} that ${RECIPE} needs are here`,
      fix: '-',
    };
  const { message } = await explainMissing(missing);
  return { state: 'fail', check: 'programs', why: message, fix: `bpmp-virt check ${RECIPE}` };
}

async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  return enough('space', bavail * bsize, DISK_GB, `free in ${folder}`);
}

/** Less than what is asked for may do for one who builds less than the demo. */
function enough(check: string, bytes: number, gb: number, of: string): Finding {
  const why = `${(bytes / GB).toFixed(1)} GB ${of}`;
  return bytes >= gb * GB
    ? { state: 'ok', check, why, fix: '-' }
    : { state: 'warn', check, why, fix: `${gb} GB, for all that ${RECIPE} builds` };
}
