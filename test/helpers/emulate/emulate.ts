// SPDX-License-Identifier: Apache-2.0

import { mkdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import type { Command } from '../../../src/command.ts';
import { startEmulatedGuest } from '../../../src/emulate/emulated-guest.ts';
import type { RootParts } from '../../../src/emulate/guest-files.ts';
import type { Machine, MachineOptions } from '../../../src/emulate/machine.ts';
import type { WindowProperties } from '../../../src/emulate/machine-args.ts';
import type { FirmwareState } from '../../../src/firmware/model.ts';
import type { Script } from '../../../src/firmware/script.ts';
import type { TransferEntry } from '../../../src/firmware/transcript.ts';
import type { QemuVersion } from '../../../src/recipe/qemu-versions.ts';
import { fetchArm64File, fetchBusybox } from '../../../src/tools/apt/arm64-package.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labQemu } from '../lab/lab-qemu.ts';
import { emulationKernel, guestTree } from './emulate-trees.ts';
import { badKernelLines } from './kernel-log.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const { XDG_CACHE_HOME: cacheHome = join(homedir(), '.cache') } = process.env;
const CACHE = join(cacheHome, 'bpmp-virt');

/** Runs a program and says nothing of it unless it fails. */
export const quietly = (command: Command, cwd: string, env?: Readonly<Record<string, string>>) =>
  exec(command, cwd, { emit: () => undefined, ...(env === undefined ? {} : { env }) });

const ARCHIVE = { run: quietly, cache: CACHE, offline: false, url: (address: string) => address };

/** busybox and the scripts of guest/. */
export async function rootParts(): Promise<RootParts> {
  return { busybox: await fetchBusybox(ARCHIVE), scripts: join(ROOT, 'guest') };
}

/** dash with its loader and libc: names below the bundle and their files. `DASH` runs it there. */
export async function dashParts(): Promise<Readonly<Record<string, string>>> {
  return {
    'lib/dash': await fetchArm64File('dash', /(^|\/)bin\/dash$/, ARCHIVE),
    'lib/ld.so': await fetchArm64File('libc6', /aarch64-linux-gnu\/ld-linux-aarch64\.so\.1$/, ARCHIVE),
    'lib/libc.so.6': await fetchArm64File('libc6', /aarch64-linux-gnu\/libc\.so\.6$/, ARCHIVE),
  };
}
export const DASH = '/bundle/lib/ld.so --library-path /bundle/lib /bundle/lib/dash';

/** A folder for one machine's logs: kept, and named in the failure, unless the test passes. */
export async function logFolder(name: string): Promise<string> {
  const folder = join(tmpdir(), 'bpmp-virt-tests', name.replace(/[^\w.-]+/g, '-'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/** What a test sees of a machine. */
export type Seen = {
  readonly lines: string[];
  readonly marks: string[];
  /** ms from QEMU's start, by what the mark says. */
  readonly markAt: Map<string, number>;
  readonly uart: () => string;
  /** ms from QEMU's start to the first byte; undefined where there was none. */
  readonly uartAt: () => number | undefined;
  readonly transfers: TransferEntry[];
};

/** Listeners that write down what comes. */
export function recorder(): { readonly seen: Seen; readonly listener: MachineOptions['listener'] } {
  const start = performance.now();
  const bytes: Buffer[] = [];
  let first: number | undefined;
  const seen: Seen = {
    lines: [],
    marks: [],
    markAt: new Map(),
    uart: () => Buffer.concat(bytes).toString('latin1'),
    uartAt: () => first,
    transfers: [],
  };
  const listener: MachineOptions['listener'] = {
    onLine: (line) => seen.lines.push(line),
    onMark: (words) => {
      seen.marks.push(words.join(' '));
      seen.markAt.set(words.join(' '), performance.now() - start);
    },
    onUart: (part) => {
      first ??= performance.now() - start;
      bytes.push(part);
    },
    onEntry: (entry) => {
      if (entry.event === 'transfer') seen.transfers.push(entry);
    },
  };
  return { seen, listener };
}

/** How an emulated guest ended. */
export type GuestRun = Seen & {
  /** What the command ended with; undefined where it did not end. */
  readonly exit: number | undefined;
  /** What the command said. */
  readonly output: string;
  readonly dmesg: string;
  readonly before: FirmwareState;
  /** When the guest was killed; the state before where it was not. */
  readonly during: FirmwareState;
  readonly after: FirmwareState;
  /** With its logs. */
  readonly folder: string;
};

/** What is run in the guest, and how. */
export type GuestWish = {
  readonly name: string;
  readonly version: QemuVersion;
  readonly exec: string;
  readonly cpus?: number;
  readonly script?: Script;
  /** Lines of the guest's kernel log that this test provokes. */
  readonly allowed?: readonly RegExp[];
  /** Called with each line; `kill` is kill -9. */
  readonly onLine?: (line: string, kill: () => void) => void;
  /** What is special about its window. */
  readonly window?: WindowProperties;
  /** Makes its device tree; default: the product's own step. */
  readonly tree?: typeof guestTree;
};

/** Boot a guest, run a command in it, look at its kernel log, and give what happened. Logs stay where it throws. */
export async function runGuest(
  wish: GuestWish,
  check: (run: GuestRun) => void | Promise<void>,
): Promise<void> {
  const folder = await logFolder(wish.name);
  const [{ image }, { binary }, root] = [
    await emulationKernel(),
    await labQemu({ version: wish.version }),
    await rootParts(),
  ];
  const cpus = wish.cpus ?? 1;
  const dtb = await (wish.tree ?? guestTree)(folder, { version: wish.version, cpus, memory: '256M' });
  const { seen, listener } = recorder();
  await naming(folder, async () => {
    let during: FirmwareState | undefined;
    let said = '';
    const machine: Machine = await startEmulatedGuest({
      ...{ qemu: binary, kernel: image, dtb, root, cpus, folder },
      memory: '256M',
      exec: wish.exec,
      ...(wish.window === undefined ? {} : { window: wish.window }),
      ...(wish.script === undefined ? {} : { script: wish.script }),
      signal: AbortSignal.timeout(300_000),
      listener: {
        ...listener,
        onMark: (words) => {
          listener.onMark?.(words);
          if (words[1] === 'exit') said = seen.lines.join('\n');
        },
        onLine: (line) => {
          listener.onLine?.(line);
          wish.onLine?.(line, () => {
            during = machine.firmware.snapshot();
            machine.kill('SIGKILL');
          });
        },
      },
    });
    const before = machine.firmware.snapshot();
    await machine.ended.catch((error: unknown) => {
      if (!machine.killed) throw error;
    });
    const after = machine.firmware.snapshot();
    const dmesg = machine.sections.get('guest-dmesg') ?? '';
    expect(badKernelLines(dmesg, wish.allowed), 'the guest’s kernel log').toEqual([]);
    const exit = seen.marks.find((mark) => mark.startsWith('guest exit'));
    await check({
      ...seen,
      exit: exit === undefined ? undefined : Number(exit.split(' ')[2]),
      output: said,
      ...{ dmesg, before, during: during ?? before, after, folder },
    });
  });
}

/** Let what `action` throws name the folder with the logs; remove the folder where it throws nothing. */
export async function naming(folder: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const tail = await readFile(join(folder, 'console.log'), 'latin1').catch(() => '');
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${message}\nkernel log, transcript and QEMU’s trace: ${folder}\n${tail.split('\n').slice(-15).join('\n')}`,
      { cause: error },
    );
  }
  await rm(folder, { recursive: true, force: true });
}
