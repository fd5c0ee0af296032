// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HEALTHY, makeFolder, SHELLS, type Tree, writeTree } from '../../helpers/board/board-tree.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { compilePreload } from '../../helpers/trees/fake-vfio.ts';

const SCRIPT = join(import.meta.dirname, '../../../board/probe.sh');
const CLK_TREE = 'sys/kernel/debug/bpmp/debug/clk/clk_tree';

/** As NVIDIA's guide shows such a file (Jetson Linux 36.4, Clocks): the names of the columns, a rule, clocks. */
const TREE_TEXT = `clock                          on       rate bpmp  mrq vdd
------------------------------------------------------------
clk_m                           1   19200000   11    1
    actmon                      1   19200000    2    1 vdd_core@625000
    ufsdev_ref                  0   19200000    0    0
    odd                         0   19200000    0    2
`;
const BOARD: Tree = {
  ...HEALTHY,
  'proc/device-tree/compatible': 'nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0',
  'proc/device-tree/serial-number': '1422221012345\0',
  'proc/cmdline': 'root=PARTUUID=1 secret=hunter2\n',
  'proc/sys/kernel/osrelease': '6.12.5-anna-laptop\n',
  [CLK_TREE]: TREE_TEXT,
  'sys/kernel/debug/clk/uarta/clk_enable_count': '0\n',
  'sys/bus/platform/devices/3100000.serial/driver': { link: '../../drivers/vfio-platform' },
};
/** Where firmware's answers are; 90 reads of it take long, so only where they are looked at. */
const FRAMES: Tree = {
  'proc/device-tree/sram@40000000/sram@71000/label': 'cpu-bpmp-rx\0',
  'proc/device-tree/sram@40000000/sram@71000/reg': '\0\x07\x10\0\0\0\x10\0',
};
const DMESG = `#!/bin/sh
echo '[    0.1] Machine model: of anna'
echo '[    0.2] tegra-bpmp bpmp: firmware: 91572a54614f84d0fd0c270beec2c56f'
[ ! -e "$BPMP_VIRT_ROOT/devmem" ] || echo '[  9.1] CPU:0, Error: cbb-fabric@0x13a00000, irq=35 SLVERR'
`;
const DEVMEM = `#!/bin/sh
echo "$*" >>"$BPMP_VIRT_ROOT/devmem"
[ "$1" != 1074204808 ] || { echo 0xDEADBEEF; exit; }
echo 0x00000000
`;
const QEMU = `#!/bin/sh
for last do :; done
cp "$last" "$BPMP_VIRT_ROOT/guest"
printf '0000000001dcd650\\r\\n0000000000001000\\r\\n0000000000010000\\r\\n'
`;

const SAFE = [
  'answer	board	compatible	nvidia,p3737-0000+p3701-0000 nvidia,tegra234 ',
  'answer	board	release	R36 (release), REVISION: 3.0',
  'answer	board	kernel	6.12.5',
  'answer	clock-state	columns	clock on rate bpmp mrq vdd',
  'answer	clock-state	clocks	4',
  'answer	clock-state	wanted-by-mrq-and-off	1',
  'answer	exit-cost	timer-hertz	31250000',
  'answer	exit-cost	ticks-for-4096-exits-to-kvm	4096',
  'answer	exit-cost	ticks-for-4096-exits-to-qemu	65536',
  'none	gated-access	it could stop the host: only with --risky',
];

let folder: ReturnType<typeof makeFolder>;
let root: string;
const at = (name: string) => join(folder.path, name);

beforeEach(() => {
  folder = makeFolder();
  root = at('root');
  writeTree(root, BOARD);
  for (const [name, text] of Object.entries({ dmesg: DMESG, devmem: DEVMEM, sync: '#!/bin/sh\n' }))
    writeProgram(`bin/${name}`, text);
  writeProgram('bundle/qemu-system-aarch64', QEMU);
});
afterEach(() => folder.remove());

function writeProgram(name: string, text: string) {
  writeTree(folder.path, { [name]: text });
  chmodSync(at(name), 0o755);
}

async function probe(
  [program = 'sh', ...before]: readonly string[],
  path: string,
  words: readonly string[] = [],
  env: Record<string, string> = {},
) {
  const { stdout, stderr, exitCode } = await execa(program, [...before, SCRIPT, ...words], {
    env: {
      PATH: `${at('bin')}:${path}`,
      BPMP_VIRT_ROOT: root,
      BPMP_VIRT_BUNDLE: at('bundle'),
      PROBE_SHIM_LOG: at('log'),
      ...env,
    },
    extendEnv: false,
    reject: false,
  });
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.at(-1)).toBe('done');
  // A folder may have its owner's name.
  expect(stdout).not.toContain(folder.path);
  return lines;
}
const requests = () => [...new Set(readFileSync(at('log'), 'utf8').trimEnd().split('\n'))];

test.each(SHELLS)('answers that name nobody, and nothing risky, under $name', async ({ shell, path }) => {
  const lines = await probe(shell, path());
  for (const line of SAFE) expect(lines).toContain(line);
  expect(lines.join('\n')).not.toMatch(/anna|1422221012345|hunter2|PARTUUID/);
  expect(existsSync(join(root, 'devmem'))).toBe(false);
});

test.each(SHELLS)('an empty board answers nothing, and says why, under $name', async ({ shell, path }) => {
  rmSync(root, { recursive: true });
  const lines = await probe(shell, path());
  const ids = lines.flatMap((line) => /^none\t(\S+)\t.{10}/.exec(line)?.[1] ?? []);
  expect(ids).toEqual([
    ...['query-tag', 'reset-refcounts', 'clock-state', 'transfer-cost', 'exit-cost'],
    ...['answer-frames', 'set-parent', 'gated-access'],
  ]);
});

// BusyBox's shell would take its own devmem, which reads this machine's memory: only where it is ours that is run.
describe('with --risky', () => {
  const risky = (env: Record<string, string> = {}) =>
    probe(['dash'], process.env['PATH'] ?? '', ['--risky'], env);

  test('reads the frames of three channels, and touches the gated device last', async () => {
    writeTree(root, FRAMES);
    const lines = await risky();
    expect(lines).toContain('answer\tboard\tfirmware\t91572a54614f84d0fd0c270beec2c56f');
    expect(lines).toContain('answer\tanswer-frames\twords-left-in-channel-0\t1 of 30');
    expect(lines).toContain('answer\tanswer-frames\twords-left-in-channel-1\t0 of 30');
    expect(lines).toContain('answer\tgated-access\terror-lines-in-the-log\t0');
    const reads = readFileSync(join(root, 'devmem'), 'utf8').trimEnd().split('\n');
    expect(reads).toHaveLength(91);
    expect(reads.at(-1)).toBe('0x310001c 32');
    // What is found in the frames is another's: only how much of it.
    expect(lines.join('\n')).not.toContain('DEADBEEF');
  });

  test.each([
    [
      'serial-tegra has it',
      { 'sys/bus/platform/devices/3100000.serial/driver': { link: '../../drivers/serial-tegra' } },
    ],
    ['its clock is on', { 'sys/kernel/debug/clk/uarta/clk_enable_count': '1\n' }],
    ['its clock cannot be seen', { 'sys/kernel/debug/clk/uarta/clk_enable_count': '' }],
    ['it is not there', { 'sys/bus/platform/devices/3100000.serial': '' }],
  ] as const)('does not touch the device where %s', async (_why, change: Tree) => {
    writeTree(root, change);
    expect((await risky()).join('\n')).toMatch(/none\tgated-access\t/);
    expect(existsSync(join(root, 'devmem'))).toBe(false);
  });

  test('does not read frames of a tree that has them elsewhere', async () => {
    writeTree(root, { ...FRAMES, 'proc/device-tree/sram@40000000/sram@71000/reg': '\0\x08\x10\0\0\0\x10\0' });
    expect((await risky()).join('\n')).toMatch(/none\tanswer-frames\t/);
  });

  test('asks the host proxy by its own header, and puts the parent back', async () => {
    const shim = await compilePreload('board/probe-shim.c', await tmpDir());
    const lines = await risky({ LD_PRELOAD: shim });
    for (const line of [
      'answer\ttransfer-cost\tinterface\tversion 2, clocks 1 own 2 shared 3 ancestors',
      'answer\ttransfer-cost\tget-rate-transfers\t5000',
      'answer\tset-parent\tset-parent\tok',
      'answer\tset-parent\tparent-changed\tyes',
      'answer\tset-parent\tset-parent-back\tok',
      'answer\tset-parent\tdisable\tok',
    ])
      expect(lines).toContain(line);
    expect(requests()).toEqual([
      ...['22 1 155', '22 14 155', '22 7 155', '22 5 155 6', '22 4 155', '22 5 155 5', '22 8 155'],
    ]);
  });

  test('tells the firmware’s refusal from the proxy’s, and switches off again', async () => {
    const shim = await compilePreload('board/probe-shim.c', await tmpDir());
    const refused = await risky({ LD_PRELOAD: shim, PROBE_SHIM_MODE: 'firmware' });
    expect(refused).toContain('answer\tset-parent\tset-parent\trefused: firmware -22');
    expect(refused).toContain('answer\tset-parent\tparent-changed\tno');
    expect(requests().at(-1)).toBe('22 8 155');
    const denied = await risky({ LD_PRELOAD: shim, PROBE_SHIM_MODE: 'denied' });
    expect(denied).toContain('answer\ttransfer-cost\tget-rate-error\tPermission denied');
    expect(denied).toContain('answer\tset-parent\tget-all-info\trefused: Permission denied');
  });
});

test('the guest’s words are those of its assembly', async () => {
  await probe(['dash'], process.env['PATH'] ?? '');
  const text = readFileSync(SCRIPT, 'utf8');
  const listing = text.slice(text.indexOf('# QEMU answers (the PL011'), text.indexOf('exit_guest() {'));
  const assembly = listing
    .split('\n')
    .flatMap((line) => (line.startsWith('#\t') ? [line.slice(2)] : []))
    .join('\n');
  await execa('aarch64-linux-gnu-as', ['-o', at('guest.o'), '-'], { input: `${assembly}\n` });
  await execa('aarch64-linux-gnu-objcopy', ['-O', 'binary', at('guest.o'), at('guest.bin')]);
  expect(readFileSync(join(root, 'guest'))).toEqual(readFileSync(at('guest.bin')));
});
