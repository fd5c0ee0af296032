// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import { ScreenFilter } from '../../emulate/console.ts';
import type { Machine, MachineOptions } from '../../emulate/machine.ts';
import { stateChanges, switched } from '../../emulate/report.ts';
import type { FirmwareState } from '../../firmware/model.ts';
import { TRANSFER_HEAD, transferLine } from '../../firmware/monitor.ts';
import type { TransferEntry } from '../../firmware/transcript.ts';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';
import { hostParts, type RunReport } from './run-report.ts';

/** Bytes of the UART that a report shows. */
const SHOWN_BYTES = 64;

/** Sees a run, shows what is wanted of it, and knows at the end what there is to say. */
export class Witness {
  readonly #start = performance.now();
  readonly #flags: EmulateFlags;
  readonly #cli: CliContext;
  readonly #uart: Buffer[] = [];
  readonly #uartAt: string[] = [];
  readonly #times = new Map<string, string>();
  readonly #notes: string[] = [];
  readonly #screen = new ScreenFilter();
  #transfers: TransferEntry[] = [];
  #machine: Machine | undefined;
  #before: FirmwareState | undefined;
  #after: FirmwareState | undefined;
  /** What --exec's command ended with. */
  guestExit: number | undefined;

  constructor(flags: EmulateFlags, cli: CliContext) {
    this.#flags = flags;
    this.#cli = cli;
    if (flags.monitor === true) cli.warn(TRANSFER_HEAD);
  }

  readonly listener: MachineOptions['listener'] = {
    onLine: (line) => this.#line(line),
    onConsole: (bytes) => this.#console(bytes),
    onMark: (words) => this.#mark(words),
    onUart: (bytes) => this.#received(bytes),
    onEntry: (entry) => {
      if (entry.event !== 'transfer') return;
      this.#transfers.push(entry);
      if (this.#flags.monitor === true) this.#cli.warn(transferLine(entry));
    },
  };

  /** The machine runs: its firmware's state now is the one to come back to, unless a host says a later one. */
  watch(machine: Machine): void {
    this.#machine = machine;
    this.#before = machine.firmware.snapshot();
  }

  /** With a terminal the console is the terminal's, without the tool's own lines and the host's log; else whole lines are shown. */
  #console(bytes: Buffer): void {
    if (this.#flags.exec === undefined && this.#cli.isTerminal) this.#cli.write(this.#screen.push(bytes));
  }

  #line(line: string): void {
    // What the kernel says while the machine is switched off is not the command's.
    if (this.guestExit !== undefined) return;
    if (this.#flags.exec === undefined && this.#cli.isTerminal) return;
    if (this.#flags.json === true) this.#cli.warn(line);
    else this.#cli.print(line);
  }

  #received(bytes: Buffer): void {
    this.#uart.push(bytes);
    this.#uartAt.push(this.#seconds());
  }

  #mark(words: readonly string[]): void {
    const said = words.join(' ');
    this.#times.set(said, this.#seconds());
    if (words[0] === 'guest' && words[1] === 'exit') this.guestExit = Number(words[2]);
    if (words[0] === 'host' && words[1] === 'ready') {
      // The host's own boot is not the guest's doing.
      this.#before = this.#machine?.firmware.snapshot();
      this.#transfers = [];
    }
    if (words[0] === 'host') this.#notes.push(`${this.#seconds()} s: ${said}`);
    if (words[0] === 'host' && words[1] === 'after') this.#after = this.#machine?.firmware.snapshot();
  }

  #seconds(): string {
    return ((performance.now() - this.#start) / 1000).toFixed(1);
  }

  /** All that reached the firmware, oldest first; in a virtual Orin, since the host was ready. */
  get transfers(): readonly TransferEntry[] {
    return this.#transfers;
  }

  /** What the run came to; `folder` has its logs. */
  report(folder: string): RunReport {
    const bytes = Buffer.concat(this.#uart);
    const after = this.#after ?? this.#machine?.firmware.snapshot();
    const before = this.#before;
    const [firstAfter] = this.#uartAt;
    return {
      emulate: this.#flags.emulate,
      uart: {
        bytes: bytes.length,
        hex: bytes.toString('hex', 0, SHOWN_BYTES).replace(/(?<=..)../g, ' $&'),
        text: bytes.toString('latin1', 0, SHOWN_BYTES),
        ...(firstAfter === undefined ? {} : { firstAfter }),
      },
      transfers: this.#transfers.length,
      switched: switched(this.#transfers),
      ...hostParts(this.#machine?.sections ?? new Map()),
      notes: this.#notes,
      changes: before === undefined || after === undefined ? [] : stateChanges(before, after),
      seconds: this.#seconds(),
      folder,
    };
  }
}
