// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readScript } from '../../../src/firmware/script.ts';
import { type RunningFirmware, startFirmware } from '../../../src/firmware/server.ts';
import type { TransferEntry } from '../../../src/firmware/transcript.ts';
import { BpmpClient, frame, words32 } from '../../helpers/emulate/bpmp-client.ts';

const UARTA = 155;
const PLLP_OUT0 = 102;
const RESET_UARTA = 100;
const DISP = 3;
const GPU = 35;
const GET_RATE = 1;
const SET_RATE = 2;
const ROUND_RATE = 3;
const IS_ENABLED = 6;
const ENABLE = 7;
const DISABLE = 8;

let folder: string;
let firmware: RunningFirmware;
const clients: BpmpClient[] = [];

function client(): BpmpClient {
  const made = new BpmpClient(join(folder, 'bpmp.sock'));
  clients.push(made);
  return made;
}

async function start(options: Partial<Parameters<typeof startFirmware>[0]> = {}): Promise<void> {
  firmware = await startFirmware({ socket: join(folder, 'bpmp.sock'), ...options });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpmp-fw-'));
});
afterEach(async () => {
  for (const one of clients.splice(0)) one.socket.destroy();
  await firmware.close();
  rmSync(folder, { recursive: true });
});

describe('what Linux asks at boot', () => {
  beforeEach(() => start());

  it('echoes a ping, shifted', async () => {
    const { ret, rx } = await client().transfer(0, words32(0x80000003));
    expect([ret, rx.readUInt32LE(0)]).toEqual([0, 6]);
  });

  it('gives a tag of 32 bytes and says which MRQs it has', async () => {
    const guest = client();
    expect((await guest.transfer(71, Buffer.alloc(0))).rx).toHaveLength(32);
    for (const mrq of [0, 9, 20, 22, 23, 66, 71]) {
      expect((await guest.transfer(23, words32(mrq))).rx.readInt32LE(0), `MRQ ${mrq}`).toBe(0);
    }
    for (const mrq of [1, 19, 21, 75, 84, 0x7fff0001]) {
      expect((await guest.transfer(23, words32(mrq))).rx.readInt32LE(0), `MRQ ${mrq}`).toBe(-19);
    }
    expect((await guest.transfer(75, words32(0, 0))).ret).toBe(-3);
  });

  it('describes 435 clocks below the highest id, with at most 16 parents that exist', async () => {
    const guest = client();
    const max = (await guest.clk(15, 0)).rx.readUInt32LE(0);
    expect(max).toBe(476);
    const names = new Map<number, string>();
    const parents = new Set<number>();
    for (let id = 0; id <= max; id += 1) {
      const { ret, rx } = await guest.clk(14, id);
      if (ret === -22) continue;
      expect([ret, rx.length]).toEqual([0, 113]);
      names.set(id, rx.subarray(73, 113).toString('latin1').replace(/\0+$/, ''));
      const count = rx.readUInt8(72);
      expect(count).toBeLessThanOrEqual(16);
      for (let index = 0; index < count; index += 1) parents.add(rx.readUInt32LE(8 + 4 * index));
    }
    expect(names.size).toBe(435);
    expect(names.get(UARTA)).toBe('uarta');
    expect([...parents].filter((id) => !names.has(id))).toEqual([]);
  });

  it('names the domains and leaves holes', async () => {
    const guest = client();
    const max = (await guest.pg(4, 0)).rx.readUInt32LE(0);
    expect(max).toBe(36);
    expect((await guest.pg(3, GPU)).rx.toString('latin1')).toMatch(/^gpu\0+$/);
    expect((await guest.pg(3, 0)).ret).toBe(-22);
  });
});

describe('clocks, resets and domains', () => {
  beforeEach(() => start());

  it('runs UARTA only while somebody wants it, and its parents with it', async () => {
    const [guest, device] = [client(), client()];
    expect(await device.line(0, UARTA)).toBe(0);
    await guest.clk(ENABLE, UARTA);
    await guest.clk(ENABLE, UARTA);
    expect((await guest.clk(IS_ENABLED, UARTA)).rx.readUInt32LE(0)).toBe(1);
    expect(await device.line(0, UARTA)).toBe(1);
    expect(await device.line(0, PLLP_OUT0)).toBe(1);
    await guest.clk(DISABLE, UARTA);
    expect(await device.line(0, UARTA)).toBe(0);
  });

  it('keeps what each master wants apart', async () => {
    const [one, other, device] = [client(), client(), client()];
    await one.clk(ENABLE, UARTA);
    await other.clk(ENABLE, UARTA);
    await other.clk(DISABLE, UARTA);
    expect((await other.clk(IS_ENABLED, UARTA)).rx.readUInt32LE(0)).toBe(0);
    expect((await one.clk(IS_ENABLED, UARTA)).rx.readUInt32LE(0)).toBe(1);
    expect(await device.line(0, UARTA)).toBe(1);
  });

  it('hands what the boot chain left on to a master, which can switch it off for itself only', async () => {
    const guest = client();
    expect((await guest.clk(IS_ENABLED, PLLP_OUT0)).rx.readUInt32LE(0)).toBe(1);
    await guest.clk(DISABLE, PLLP_OUT0);
    expect((await guest.clk(IS_ENABLED, PLLP_OUT0)).rx.readUInt32LE(0)).toBe(0);
    expect(await guest.line(0, PLLP_OUT0)).toBe(1);
  });

  it('divides', async () => {
    const guest = client();
    expect(Number((await guest.clk(GET_RATE, PLLP_OUT0)).rx.readBigInt64LE(0))).toBe(408_000_000);
    const rounded = Number((await guest.rate(ROUND_RATE, UARTA, 1_843_200)).rx.readBigInt64LE(0));
    expect(Math.abs(rounded / 1_843_200 - 1)).toBeLessThan(0.01);
    const set = Number((await guest.rate(SET_RATE, UARTA, 1_843_200)).rx.readBigInt64LE(0));
    expect(set).toBe(rounded);
    expect(Number((await guest.clk(GET_RATE, UARTA)).rx.readBigInt64LE(0))).toBe(set);
  });

  it('changes parents to possible ones only', async () => {
    const guest = client();
    expect((await guest.clk(5, UARTA, 1)).ret).toBe(-22);
    expect((await guest.clk(5, UARTA, 91)).ret).toBe(0);
    expect((await guest.clk(4, UARTA)).rx.readUInt32LE(0)).toBe(91);
    expect((await guest.clk(4, 91)).ret).toBe(-22);
  });

  it('pulls and releases reset lines, and pulls again what a master released and left', async () => {
    const [guest, device] = [client(), client()];
    expect(await device.line(1, RESET_UARTA)).toBe(1);
    await guest.reset(1, RESET_UARTA);
    await guest.reset(2, RESET_UARTA);
    expect(await device.line(1, RESET_UARTA)).toBe(0);
    await guest.close();
    await vi.waitFor(async () => expect(await device.line(1, RESET_UARTA)).toBe(1));
  });

  it('is as before when a master has gone', async () => {
    const before = firmware.snapshot();
    const guest = client();
    await guest.clk(ENABLE, UARTA);
    await guest.reset(3, RESET_UARTA);
    await guest.pg(1, GPU, 1);
    await guest.pg(1, DISP, 0);
    expect(firmware.snapshot()).not.toEqual(before);
    guest.socket.destroy();
    await vi.waitFor(() => expect(firmware.snapshot()).toEqual(before));
  });

  it('undoes on request what a connection switched', async () => {
    const before = firmware.snapshot();
    const guest = client();
    await guest.clk(ENABLE, UARTA);
    await guest.reset(2, RESET_UARTA);
    await guest.transfer(0x7fff0002, Buffer.alloc(0));
    expect(firmware.snapshot()).toEqual(before);
  });
});

describe('strictness', () => {
  beforeEach(() => start());

  it.each([
    ['GET_RATE of 3 bytes', 22, Buffer.alloc(3)],
    ['SET_RATE of 4 bytes', 22, words32((SET_RATE << 24) | UARTA)],
    ['SET_PARENT of 4 bytes', 22, words32((5 << 24) | UARTA)],
    ['RESET of 4 bytes', 20, words32(1)],
    ['PG SET_STATE of 8 bytes', 66, words32(1, GPU)],
    ['an empty PING', 0, Buffer.alloc(0)],
    ['ENABLE with something behind it', 22, words32((ENABLE << 24) | UARTA, 1)],
    ['a clock id that does not exist', 22, words32((ENABLE << 24) | 13)],
    ['a clock id that is right in 12 bits only', 22, words32((ENABLE << 24) | 0x109b)],
    ['a reset id that does not exist', 20, words32(1, 9999)],
    ['a domain state over 1', 66, words32(1, GPU, 2)],
  ])('refuses %s', async (_, mrq, tx) => {
    const guest = client();
    await guest.transfer(0, words32(1));
    const before = firmware.snapshot();
    const { status, ret, rx } = await guest.transfer(mrq, tx);
    expect([status, ret, rx.length]).toEqual([0, -22, 0]);
    expect(firmware.snapshot()).toEqual(before);
  });

  it.each([9, 10, 11, 12, 13, 17, 30, 255])('does not know clock command %d', async (command) => {
    expect((await client().clk(command, UARTA)).ret).toBe(-6);
  });

  it('cuts an answer to the room', async () => {
    expect((await client().transfer(71, Buffer.alloc(0), 5)).rx).toHaveLength(5);
  });

  it.each([
    ['a bad magic', Buffer.concat([words32(1, 0, 4, 4), Buffer.alloc(4)])],
    ['a request over 120 bytes', frame(0, Buffer.alloc(121), 4)],
    ['room over 120 bytes', frame(0, Buffer.alloc(4), 121)],
  ])('closes a connection that sends %s', async (_, bytes) => {
    const guest = client();
    guest.socket.write(bytes);
    await guest.closed;
  });

  it('survives any bytes in any request', async () => {
    const guest = client();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(0, 9, 20, 22, 23, 66, 71, 0x7fff0001), fc.nat(255)),
        fc.uint8Array({ maxLength: 120 }),
        fc.nat(120),
        async (mrq, tx, room) => {
          const { rx } = await guest.transfer(mrq, Buffer.from(tx), room);
          expect(rx.length).toBeLessThanOrEqual(room);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('puts frames together that arrive in pieces', async () => {
    const guest = client();
    const answer = guest.transfer(0, words32(21));
    const whole = frame(0, words32(4), 4);
    await answer;
    for (const byte of whole.subarray(0, whole.length - 4)) guest.socket.write(Buffer.from([byte]));
    guest.socket.write(whole.subarray(whole.length - 4));
    expect((await guest.transfer(0, words32(5))).rx.readUInt32LE(0)).toBe(8);
  });
});

describe('a script', () => {
  it('delays, and what comes behind keeps its order', async () => {
    await start({ script: { rules: [{ mrq: 'PING', delayMs: 80, times: 1 }] } });
    const guest = client();
    const began = performance.now();
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map(async (n) => order.push((await guest.transfer(0, words32(n))).rx.readUInt32LE(0))),
    );
    expect(order).toEqual([2, 4, 6]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(75);
  });

  it('delays requests side by side: four of 100 ms take less than two', async () => {
    await start({ script: { rules: [{ mrq: 'PING', delayMs: 100 }] } });
    const guest = client();
    const began = performance.now();
    await Promise.all([1, 2, 3, 4].map((n) => guest.transfer(0, words32(n))));
    expect(performance.now() - began).toBeLessThan(200);
  });

  it('drops one and answers the next', async () => {
    await start({ script: { rules: [{ mrq: 'PING', drop: true, times: 1 }] } });
    const guest = client();
    void guest.transfer(0, words32(1));
    const late = guest.transfer(0, words32(2));
    await vi.waitFor(() => expect(guest.socket.bytesRead).toBe(20));
    expect(guest.socket.bytesWritten).toBe(40);
    void late;
  });

  it('refuses without switching, by command and name', async () => {
    await start({ script: { rules: [{ mrq: 'CLK', cmd: 'ENABLE', id: 'uarta', status: -13 }] } });
    const guest = client();
    expect((await guest.clk(ENABLE, UARTA)).status).toBe(-13);
    expect((await guest.clk(ENABLE, 156)).status).toBe(0);
    expect(await guest.line(0, UARTA)).toBe(0);
  });

  it('skips, then answers with a code, on one master only', async () => {
    await start({ script: { rules: [{ cmd: 'ENABLE', master: 1, skip: 1, ret: -16 }] } });
    const [first, second] = [client(), client()];
    expect((await first.clk(ENABLE, UARTA)).ret).toBe(0);
    expect((await second.clk(ENABLE, UARTA)).ret).toBe(0);
    expect((await first.clk(ENABLE, UARTA)).ret).toBe(-16);
  });

  it('that is wrong says where', async () => {
    await start();
    const file = join(folder, 'script.json');
    writeFileSync(file, '{ "rules": [ { "mrq": "CLK", "dely": 5 } ] }');
    await expect(readScript(file)).rejects.toThrow(/dely/);
    await expect(readScript(join(folder, 'none.json'))).rejects.toThrow(/cannot be read/);
  });

  it('leaves poison behind the answer', async () => {
    await start({ script: { rules: [{ mrq: 0, poison: true }] } });
    const { rx } = await client().transfer(0, words32(1));
    expect(rx).toHaveLength(120);
    expect([...rx.subarray(4)].every((byte) => byte === 0xa5)).toBe(true);
  });
});

describe('the transcript', () => {
  it('has a line for each transfer, with names', async () => {
    const transcript = join(folder, 'transcript.ndjson');
    await start({ transcript });
    const guest = client();
    await guest.clk(ENABLE, UARTA);
    await guest.reset(2, RESET_UARTA);
    await guest.line(0, UARTA);
    await guest.close();
    await vi.waitFor(() => {
      firmware.flush();
      expect(readFileSync(transcript, 'utf8')).toContain('disconnect');
    });
    const lines = readFileSync(transcript, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TransferEntry);
    expect(lines.map(({ event, mrq, cmd, name }) => [event, mrq, cmd, name])).toEqual([
      ['connect', undefined, undefined, undefined],
      ['transfer', 'CLK', 'ENABLE', 'uarta'],
      ['transfer', 'RESET', 'DEASSERT', 'uarta'],
      ['disconnect', undefined, undefined, undefined],
    ]);
    expect(lines[1]).toMatchObject({ master: 1, id: UARTA, status: 0, ret: 0, tx: 4, rx: 0 });
  });
});

describe('the end of a model that still has connections', () => {
  it('waits for the last line of each of them', async () => {
    const transcript = join(folder, 'transcript.ndjson');
    await start({ transcript });
    for (let i = 0; i < 3; i++) await client().transfer(0, words32(1));
    await firmware.close();
    const lines = readFileSync(transcript, 'utf8').trim().split('\n');
    expect(lines.filter((line) => line.includes('"disconnect"'))).toHaveLength(3);
  });
});
