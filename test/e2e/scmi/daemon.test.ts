// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { stateChanges } from '../../../src/emulate/report.ts';
import type { Script } from '../../../src/firmware/script.ts';
import { startFirmware } from '../../../src/firmware/server.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { playScmi, type ScmiRun, UARTA_MAP } from '../../helpers/emulate/scmi-daemon.ts';
import { labScmi } from '../../helpers/lab/lab-scmi.ts';
import { runScript } from '../../helpers/script.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

/** What differs from before. The model, which is not the host proxy, leaves rates as they are. */
const left = ({ before, after }: ScmiRun) =>
  stateChanges(before, after).filter((line) => !line.startsWith('clock uarta: off'));

describe('message handling of bpmp-scmi', () => {
  it('answers every message, length, id and end of a transfer as the specification says', async () => {
    const BUILD = tmpDir();
    const said = await runScript('scmi/units.sh', { BUILD });
    expect(said.match(/^ok /gm)).toHaveLength(13);
  });

  it('holds its rules for 20000 random messages and 4000 random queues', async () => {
    const { qemu } = await labScmi();
    const BUILD = tmpDir();
    const env = { QEMU: qemu, BUILD, BLIND: 'yes' };
    expect(await runScript('scmi/fuzz.sh', { ...env, WHICH: 'message', RUNS: '20000' })).toContain('20000');
    expect(await runScript('scmi/fuzz.sh', { ...env, WHICH: 'ring', RUNS: '4000' })).toContain('4000');
  });
});

describe('bpmp-scmi, in its sandbox, between a front end and the firmware model', () => {
  it('carries clocks and resets, refuses a shared rate and a foreign clock, and undoes at the end', async () => {
    const run = await playScmi(['clocks']);
    expect(run.lines.slice(1).map((line) => line.replace(/ words.*/, ''))).toEqual([
      'version: token 3 status 0',
      'version by a table: token 3 status 0',
      'enable: token 3 status 0',
      'set rate: token 3 status 0',
      'rate: token 3 status 0',
      'deassert: token 3 status 0',
      'shared rate: token 3 status -3',
      'foreign: token 3 status -4',
    ]);
    expect(run.transfers).toEqual(expect.arrayContaining(['ENABLE uarta', 'DEASSERT uarta']));
    expect(run.transfers.filter((line) => line.endsWith('pllp_out0'))).toEqual(['GET_ALL_INFO pllp_out0']);
    expect(run.exit).toBe(0);
    expect(left(run)).toEqual([]);
  });

  it('answers eight requests of one kick', async () => {
    const { lines } = await playScmi(['many']);
    expect(lines[1]).toBe('many: answered');
    expect(lines.slice(2).map((line) => line.split(' ')[2])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
    ]);
  });

  it('keeps what is on over stop and cont, and undoes it where a driver begins anew', async () => {
    const { lines } = await playScmi(['clocks', 'stop', 'again']);
    expect(lines.slice(9)).toEqual([
      '-- stop',
      'stopped at 8',
      'is enabled: token 3 status 0 words 0x0 0x1',
      '-- again',
      'is enabled: token 3 status 0 words 0x0 0x0',
    ]);
  });

  it('undoes what a driver that is gone still had under way', async () => {
    const script = { rules: [{ cmd: 'ENABLE', delayMs: 300 }] };
    const run = await playScmi(['middle'], { script });
    expect(run.lines.at(-1)).toBe('is enabled: token 3 status 0 words 0x0 0x0');
    expect(run.transfers).toContain('ENABLE uarta');
    expect(left(run)).toEqual([]);
  });

  it('serves no broken queue, and the next driver', async () => {
    const run = await playScmi(['broken', 'descriptor', 'buffers']);
    expect(run.said).toContain('the guest broke its queue');
    const { lines } = run;
    // Seen once, on a busy machine: none of them. What was said then was not kept.
    expect({
      ...run,
      lines: lines.filter((line) => line.startsWith('is enabled')),
      all: lines,
    }).toMatchObject({
      lines: ['is enabled: token 3 status 0 words 0x0 0x0', 'is enabled: token 3 status 0 words 0x0 0x0'],
    });
    expect(lines.slice(-3)).toEqual([
      'no room: back',
      'too long: back',
      'too long: token 3 status -10 words 0xa5a5a5a5 0xa5a5a5a5',
    ]);
    expect(run.exit).toBe(0);
  });

  it('answers for a firmware that is silent', async () => {
    const script: Script = { rules: [{ cmd: 'ENABLE', drop: true }] };
    const { lines, exit } = await playScmi(['slow'], { script, timeoutMs: 300 });
    expect(lines.map((line) => line.replace(/ words.*/, ''))).toEqual([
      '-- slow',
      'late: token 3 status -7',
      'after it: token 3 status -7',
    ]);
    expect(exit).toBe(0);
  });

  it('hands on what the firmware refuses', async () => {
    const script = {
      rules: [
        { cmd: 'ENABLE', status: -16 },
        { cmd: 'SET_RATE', ret: -22 },
      ],
    };
    const { lines } = await playScmi(['clocks'], { script });
    expect(lines[3]).toContain('enable: token 3 status -6');
    expect(lines[4]).toContain('set rate: token 3 status -8');
  });

  it.each([
    ['nonsense', 'a queue that is not there'],
    ['features', 'features that were not offered'],
    ['outside', "a ring that is not in the guest's memory"],
    ['cut', 'a message that is cut off'],
  ])('ends where QEMU breaks the protocol: %s', async (scene, said) => {
    const run = await playScmi([scene]);
    expect(run.said).toContain(said);
    expect(run.exit).toBe(4);
  });

  it.each(['daemon', 'frontEnd'] as const)('leaves nothing on after kill -9 of the %s', async (who) => {
    const run = await playScmi(['clocks', 'hold'], {
      at: ['holding', (pids) => process.kill(pids[who], 'SIGKILL')],
    });
    expect(run.transfers).toContain('ENABLE uarta');
    expect(left(run)).toEqual([]);
  });

  it('answers 16000 messages that no driver sends, in memory that does not grow', async () => {
    const run = await playScmi(['flood']);
    const [, answered, pages] =
      /flood: (\d+) answered, grown by (-?\d+) pages/.exec(run.lines.join('\n')) ?? [];
    expect(Number(answered)).toBe(16_000);
    expect(Number(pages)).toBeLessThan(64);
    // The version of a protocol takes no words: it is read, and refused.
    expect(run.lines.at(-1)).toContain('after it: token 3 status -10');
    expect(run.exit).toBe(0);
    expect(left(run)).toEqual([]);
  });

  it('leaves nothing on where QEMU takes the memory of the guest away', async () => {
    const run = await playScmi(['shrink']);
    expect(run.transfers).toContain('ENABLE uarta');
    expect(left(run)).toEqual([]);
  });

  it('keeps its socket to its own user, and to the first who connects', async () => {
    const { execa } = await import('execa');
    const { program } = await labScmi();
    const folder = tmpDir();
    const [map, socket, model] = ['map', 's', 'fw'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(map, UARTA_MAP);
    const firmware = await startFirmware({ socket: model });
    const words = ['--map', map, '--model', model, '--socket-path', socket];
    const daemon = execa(program, words, { reject: false, stdin: 'ignore', timeout: 20_000 });
    try {
      while (!(await exists(socket))) await new Promise((f) => setTimeout(f, 10));
      expect((await stat(socket)).mode & 0o077).toBe(0);
      // A second bpmp-scmi does not take it over.
      const second = await execa(program, words, { reject: false, stdin: 'ignore' });
      expect(`${second.exitCode}: ${second.stderr}`).toMatch(/^3: .*Address already in use/);
      const first = connect(socket);
      await once(first, 'connect');
      while (await exists(socket)) await new Promise((f) => setTimeout(f, 10));
      const [error] = await once(connect(socket), 'error');
      expect((error as NodeJS.ErrnoException).code).toBe('ENOENT');
      first.destroy();
      expect((await daemon).exitCode).toBe(0);
    } finally {
      daemon.kill('SIGKILL');
      await firmware.close();
    }
  });

  it('says what is wrong before anybody connects', async () => {
    const { execa } = await import('execa');
    const { program } = await labScmi();
    const folder = tmpDir();
    const run = async (...words: string[]) => {
      const { exitCode, stderr } = await execa(program, words, { reject: false, stdin: 'ignore' });
      return `${exitCode}: ${stderr.split('\n')[0]}`;
    };
    const map = join(folder, 'none');
    expect(await run('--socket-path', 's')).toBe('2: bpmp-scmi: --map is missing (--help)');
    expect(await run('--map', map, '--socket-path', 's', '--model', 'm')).toContain('3: bpmp-scmi: ');
    expect(await run('--map', '/dev/null', '--fd', '5', '--model', 'm')).toContain('the map names no agent');
    expect(await run('--map', map, '--fd', '5', '--socket-path', 's', '--model', 'm')).toContain('2: ');
    const capabilities = await execa(program, ['--print-capabilities']);
    expect(JSON.parse(capabilities.stdout)).toEqual({ type: 'scmi', features: [] });
  });
});
