// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { FirmwareState } from '../../../src/firmware/model.ts';
import type { Script } from '../../../src/firmware/script.ts';
import { startFirmware } from '../../../src/firmware/server.ts';
import type { TransferEntry } from '../../../src/firmware/transcript.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { labScmi } from '../lab/lab-scmi.ts';
import { tmpDir } from '../tmp-dir.ts';

/** The documented machine's: UARTA is its own, its parent is shared. */
export const UARTA_MAP = [
  'bpmp-virt-scmi 1',
  'agent uarta',
  'clock 0 102 shared pllp_out0',
  'clock 1 155 own uarta',
  'reset 0 100 own uarta',
  '',
].join('\n');

/** How a front end, bpmp-scmi and the firmware model ended. */
export type ScmiRun = {
  /** What the front end printed, line by line. */
  readonly lines: readonly string[];
  /** Exit code of bpmp-scmi, and what it said. */
  readonly exit: number | undefined;
  readonly said: string;
  readonly transfers: readonly string[];
  readonly before: FirmwareState;
  readonly after: FirmwareState;
};

/** Play `scenes` (test/c/scmi/front-end.c) on a bpmp-scmi in its sandbox, with the firmware model behind it. */
export async function playScmi(
  scenes: readonly string[],
  wish: {
    readonly script?: Script;
    readonly timeoutMs?: number;
    /** Called with bpmp-scmi's and the front end's process ids as soon as the front end prints this line. */
    readonly at?: readonly [line: string, act: (pids: { daemon: number; frontEnd: number }) => void];
  } = {},
): Promise<ScmiRun> {
  const { program, frontEnd } = await labScmi();
  const folder = tmpDir();
  const [model, socket, map] = ['fw', 's', 'map'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(map, UARTA_MAP);
  const transfers: TransferEntry[] = [];
  const firmware = await startFirmware({
    socket: model,
    onEntry: (entry) => void (entry.event === 'transfer' && transfers.push(entry)),
    ...(wish.script === undefined ? {} : { script: wish.script }),
  });
  try {
    const before = firmware.snapshot();
    const words = ['--map', map, '--model', model, '--socket-path', socket];
    const options = { reject: false, timeout: 60_000, stdin: 'ignore' } as const;
    const daemon = execa(program, [...words, '--timeout-ms', String(wish.timeoutMs ?? 5000)], options);
    while (!(await exists(socket)) && daemon.exitCode === null) await new Promise((f) => setTimeout(f, 10));
    const qemu = execa(frontEnd, [socket, ...scenes], options);
    qemu.stdout.on('data', (bytes: Buffer) => {
      if (wish.at !== undefined && bytes.toString().includes(wish.at[0]))
        wish.at[1]({ daemon: daemon.pid ?? 0, frontEnd: qemu.pid ?? 0 });
    });
    const [ended, played] = await Promise.all([daemon, qemu]);
    // The model hears of the end of the connection in its own turn.
    await new Promise((f) => setTimeout(f, 50));
    return {
      lines: played.stdout.split('\n').slice(1),
      exit: ended.exitCode,
      said: ended.stderr,
      transfers: transfers.map(({ cmd, name }) => `${cmd} ${name}`),
      before,
      after: firmware.snapshot(),
    };
  } finally {
    await firmware.close();
  }
}
