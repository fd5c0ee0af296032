// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { startFirmware } from '../../../src/firmware/server.ts';
import { claimFolder } from '../../../src/tools/files/output-file.ts';
import { runCli } from '../../helpers/cli.ts';
import { BpmpClient, words32 } from '../../helpers/emulate/bpmp-client.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const PING = 0;

/** One transfer with a model that writes `transcript`. */
async function transfer(folder: string, transcript: string): Promise<void> {
  const firmware = await startFirmware({ socket: join(folder, 'socket'), transcript });
  const client = new BpmpClient(firmware.socket);
  await client.transfer(PING, words32(1));
  client.socket.destroy();
  await firmware.close();
}

describe('a transcript', () => {
  test('replaces an older one, through a link too, and an empty file', async () => {
    const folder = tmpDir();
    const file = join(folder, 't.ndjson');
    symlinkSync('t.ndjson', join(folder, 'link'));
    writeFileSync(file, '');
    await transfer(folder, file);
    const first = readFileSync(file, 'utf8');
    expect(first).toContain('"event":"transfer"');
    await transfer(folder, join(folder, 'link'));
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(first.split('\n').length);
    await transfer(folder, '/dev/null');
  });

  test('replaces nothing else: text, JSON of others, bytes, a folder, a pipe', async () => {
    const folder = tmpDir();
    const texts = ['my thesis\n', '{"t":1}\n', '{"t":1,"type":"x"}\n', '\0\0\0', '\n'];
    mkdirSync(join(folder, 'folder'));
    await execa('mkfifo', [join(folder, 'pipe')]);
    for (const text of texts) {
      writeFileSync(join(folder, 'mine'), text);
      await expect(transfer(folder, join(folder, 'mine'))).rejects.toThrow(UsageError);
      expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe(text);
    }
    for (const name of ['folder', 'pipe', 'none/t'])
      await expect(transfer(folder, join(folder, name))).rejects.toThrow(UsageError);
    expect(existsSync(join(folder, 'socket'))).toBe(false);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  test('of a model that runs is not emptied by another, with its socket or its transcript', async () => {
    const folder = tmpDir();
    const file = join(folder, 't.ndjson');
    const firmware = await startFirmware({ socket: join(folder, 'one'), transcript: file });
    const client = new BpmpClient(firmware.socket);
    await client.transfer(PING, words32(1));
    firmware.flush();
    const written = readFileSync(file, 'utf8');
    expect(written).toContain('transfer');
    for (const socket of ['one', 'two'])
      await expect(startFirmware({ socket: join(folder, socket), transcript: file })).rejects.toThrow(
        socket === 'one' ? 'listens' : 'another run',
      );
    expect(readFileSync(file, 'utf8').startsWith(written)).toBe(true);
    client.socket.destroy();
    await firmware.close();
  });

  test('that cannot be written is said by the verb, in a sentence and with 3', async () => {
    const folder = tmpDir();
    const socket = join(folder, 'socket');
    const running = runCli(['firmware', '--socket', socket, '--transcript', '/dev/full'], {
      prefix: ['timeout', '30'],
    });
    while (!existsSync(socket)) await new Promise((done) => setTimeout(done, 50));
    const client = new BpmpClient(socket);
    await client.transfer(PING, words32(1));
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([3, expect.stringMatching(/error: ENOSPC.*\n\nMake room/)]);
    expect(stderr).not.toMatch(/^\s+at /m);
    client.socket.destroy();
  });
});

test('files of a run go to a folder that has none of theirs, or is known to be a run’s', async () => {
  const folder = join(tmpDir(), 'logs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'notes'), 'mine');
  await claimFolder(folder, ['console.log']);
  writeFileSync(join(folder, 'console.log'), 'of a run');
  await claimFolder(folder, ['console.log']);
  expect(readdirSync(folder).sort()).toEqual(['.bpmp-virt-logs', 'console.log', 'notes']);
  const other = tmpDir();
  writeFileSync(join(other, 'console.log'), 'minicom');
  await expect(claimFolder(other, ['console.log'])).rejects.toThrow('somebody else');
  expect(readdirSync(other)).toEqual(['console.log']);
});

test('lock replaces a lock, and nothing else that has its name', async () => {
  const folder = tmpDir();
  writeFileSync(join(folder, 'mine.yaml'), 'extends: debian-6.12\n');
  for (const text of ['my notes: 1\n', '<<<<<<< HEAD\nversion: 1\n', '']) {
    writeFileSync(join(folder, 'mine.lock.yaml'), text);
    const { code, stderr } = await runCli(['lock', './mine.yaml'], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringContaining('mine.lock.yaml')]);
    expect(readFileSync(join(folder, 'mine.lock.yaml'), 'utf8')).toBe(text);
  }
});
