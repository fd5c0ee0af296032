// SPDX-License-Identifier: Apache-2.0
import { BpmpError, Mrq } from './abi.ts';
import { type Answer, DONE, data, fail, hasLength, word } from './answer.ts';
import { answerClk } from './clk.ts';
import { ClockBank } from './clock-bank.ts';
import { DomainBank, ResetBank } from './line-bank.ts';
import { answerPg, answerReset } from './lines.ts';
import { type Master, newMaster } from './master.ts';

/** What MRQ_QUERY_FW_TAG gives: 32 bytes, as the real tag has. */
const FIRMWARE_TAG = 'bpmp-virt-tegra234-model-1';
const TAG_BYTES = 32;

/** The physical state of everything, in words, by name: equal where nothing changed. */
export type FirmwareState = {
  readonly clocks: Readonly<Record<string, string>>;
  readonly resets: Readonly<Record<string, string>>;
  readonly domains: Readonly<Record<string, string>>;
};

/** A Tegra234 BPMP: clocks, resets, power domains and the requests that reach them. Knows nothing of sockets. */
export class FirmwareModel {
  readonly #clocks = new ClockBank();
  readonly #resets = new ResetBank();
  readonly #domains = new DomainBank();
  #masters = 0;
  readonly #handlers: ReadonlyMap<number, (master: Master, tx: Buffer) => Answer> = new Map([
    [Mrq.ping, (_, tx) => ping(tx)],
    [Mrq.threadedPing, (_, tx) => ping(tx)],
    [Mrq.clk, (master, tx) => answerClk(this.#clocks, master, tx)],
    [Mrq.reset, (master, tx) => answerReset(this.#resets, master, tx)],
    [Mrq.pg, (master, tx) => answerPg(this.#domains, master, tx)],
    [Mrq.queryAbi, (_, tx) => this.#queryAbi(tx)],
    [Mrq.queryFwTag, (_, tx) => (hasLength(tx, 0) ? data(tag()) : fail('einval'))],
  ]);

  /** A new sender of requests. It has what the boot chain left on, once it sends a request of the ABI. */
  connect(): Master {
    this.#masters += 1;
    return newMaster(this.#masters);
  }

  /** The sender is gone or was reset: the firmware drops what it alone wanted. Rates and parents stay. */
  leave(master: Master): void {
    for (const id of [...master.clocks].reverse()) this.#clocks.want(master, id, false);
    for (const id of [...master.domains].reverse()) this.#domains.want(master, id, false);
    this.#resets.leave(master);
    master.inherited = false;
  }

  /** Answer one request. Never throws, whatever the bytes are. */
  transfer(master: Master, mrq: number, tx: Buffer): Answer {
    if (mrq === Mrq.lineState) return this.#lineState(tx);
    if (mrq === Mrq.undo) {
      this.leave(master);
      return DONE;
    }
    if (!master.inherited) this.#inherit(master);
    return this.#handlers.get(mrq)?.(master, tx) ?? fail('enohandler');
  }

  /** Everything's state now, to be compared with another moment's. */
  snapshot(): FirmwareState {
    return {
      clocks: this.#clocks.snapshot(),
      resets: this.#resets.snapshot(),
      domains: this.#domains.snapshot(),
    };
  }

  #inherit(master: Master): void {
    master.inherited = true;
    this.#clocks.inherit(master);
    this.#domains.inherit(master);
  }

  /** MRQ_DEBUG, I2C and THERMAL are not supported: no guest shall reach them. */
  #queryAbi(tx: Buffer): Answer {
    if (!hasLength(tx, 4)) return fail('einval');
    return word(this.#handlers.has(tx.readUInt32LE(0)) ? 0 : -BpmpError.enodev);
  }

  /** Private query of an emulated device: u32 kind (0 clock, 1 reset), u32 id; is it on, is it asserted? */
  #lineState(tx: Buffer): Answer {
    if (tx.length !== 8) return fail('einval');
    const kind = tx.readUInt32LE(0);
    const id = tx.readUInt32LE(4);
    if (kind === 0 && this.#clocks.get(id) !== undefined) return word(this.#clocks.isRunning(id) ? 1 : 0);
    if (kind === 1 && this.#resets.nameOf(id) !== undefined) return word(this.#resets.isAsserted(id) ? 1 : 0);
    return fail('einval');
  }
}

function ping(tx: Buffer): Answer {
  return hasLength(tx, 4) ? word(tx.readUInt32LE(0) << 1) : fail('einval');
}

function tag(): Buffer {
  const rx = Buffer.alloc(TAG_BYTES);
  rx.write(FIRMWARE_TAG, 'latin1');
  return rx;
}
