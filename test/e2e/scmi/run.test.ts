// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { LAYOUT, QEMU_PROGRAM } from '../../../src/plan/layout.ts';
import { runCli } from '../../helpers/cli.ts';
import { logFolder, naming } from '../../helpers/emulate/emulate.ts';
import { emulationKernel, scmiBundle } from '../../helpers/emulate/emulate-trees.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { labScmi } from '../../helpers/lab/lab-scmi.ts';

/** A work folder as `build debian-6.12-stock` leaves it, of what other tests have built. */
async function stockWork(folder: string): Promise<string> {
  const work = join(folder, 'work');
  const at = (path: string) => join(work, path.replace(/^work:/, ''));
  const { src, out } = await emulationKernel();
  const { binary } = await labQemu({ version: '7.2' });
  const { program } = await labScmi({ target: 'arm64' });
  const links = {
    [LAYOUT.kernelTree]: src,
    [LAYOUT.kernelOut]: out,
    [`${LAYOUT.qemuBuild}/${QEMU_PROGRAM}`]: binary,
  };
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await symlink(target, at(path));
  }
  await mkdir(at(LAYOUT.bundle), { recursive: true });
  const doctor = join(import.meta.dirname, '../../../board/doctor.sh');
  const files = {
    ...(await scmiBundle(folder, '/dev/bpmp-host')),
    'bpmp-scmi': program,
    'doctor.sh': doctor,
  };
  for (const [name, file] of Object.entries(files)) await cp(file, join(at(LAYOUT.bundle), name));
  return work;
}

it('`run debian-6.12-stock --emulate orin` fetches Debian’s QEMU and kernel, and runs the bundle’s machine', async () => {
  const folder = await logFolder('scmi-run');
  await naming(folder, async () => {
    const work = await stockWork(folder);
    const exec = ['--exec', 'echo 123 > /dev/ttyTHS0'];
    const words = ['run', 'debian-6.12-stock', '--emulate', 'orin', '--work', work, ...exec];
    const { code, stdout, stderr } = await runCli(words);
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    expect(stdout).toContain('123');
    process.stdout.write(stdout);
  });
  await rm(folder, { recursive: true, force: true });
});
