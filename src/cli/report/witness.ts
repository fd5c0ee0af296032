// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import { ScreenFilter } from '../../emulate/console.ts';
import type { Machine, MachineOptions } from '../../emulate/machine.ts';
import { parseStats, stateChanges, switched } from '../../emulate/report.ts';
import type { FirmwareState } from '../../firmware/model.ts';
import { TRANSFER_HEAD, transferLine } from '../../firmware/monitor.ts';
import type { TransferEntry } from '../../firmware/transcript.ts';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';

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
    if (this.#flags.exec !== undefined || !this.#cli.isTerminal) this.#cli.print(line);
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

  /** What happened, in plain lines. */
  report(folder: string): string {
    const bytes = Buffer.concat(this.#uart);
    const after = this.#after ?? this.#machine?.firmware.snapshot();
    const changes =
      this.#before === undefined || after === undefined ? [] : stateChanges(this.#before, after);
    const lines = [
      '',
      `Result: ${bytes.length} bytes at the UART, ${this.#refused()}${changes.length === 0 ? 'the firmware as before' : `${changes.length} things of the firmware differ`}.`,
      `Bytes at the UART: ${bytes.length === 0 ? 'none' : `${bytes.toString('hex', 0, 64).replace(/../g, '$& ')}(${JSON.stringify(bytes.toString('latin1').slice(0, 64))}), first after ${this.#uartAt[0]} s`}`,
      'Switched in the firmware:',
      ...indented(switched(this.#transfers)),
      ...this.#statLines(),
      ...this.#notes,
      changes.length === 0
        ? 'After the machine’s end every clock, reset and power domain of the firmware is as before.'
        : `After the machine’s end these differ${this.#flags.emulate === 'guest' ? ' (no host proxy is here to undo them)' : ''}:`,
      ...changes.map((line) => `  ${line}`),
      `The whole run took ${this.#seconds()} s. Logs and transcript: ${folder}`,
    ];
    return lines.join('\n');
  }

  /** How many requests the host proxy refused; nothing where there is none. */
  #refused(): string {
    const stats = [...parseStats(this.#machine?.sections.get('stats') ?? '').values()];
    const refused = stats.reduce((sum, counts) => sum + (counts['refused'] ?? 0), 0);
    return stats.length === 0 ? '' : `${refused} requests refused by the host proxy, `;
  }

  #statLines(): readonly string[] {
    const stats = parseStats(this.#machine?.sections.get('stats') ?? '');
    const refusals = (this.#machine?.sections.get('host-dmesg') ?? '')
      .split('\n')
      .filter((line) => /bpmp.*refus/i.test(line));
    const nodes = [...stats].map(([node, counts]) => {
      const words = Object.entries(counts).map(([word, count]) => `${word} ${count}`);
      return `Host proxy ${node}: ${words.join(', ')}`;
    });
    const window = this.#machine?.sections.get('window')?.trim().replaceAll('\n', ', ');
    return [
      `Transfers that reached the firmware: ${this.#transfers.length}`,
      ...nodes,
      ...(window === undefined ? [] : [`Window of the guest: ${window}`]),
      ...(refusals.length === 0 ? [] : ['Refused, as the host’s kernel log says:', ...indented(refusals)]),
    ];
  }
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['  nothing'] : lines.map((line) => `  ${line}`);
}
