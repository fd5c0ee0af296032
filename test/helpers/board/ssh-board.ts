// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** An OpenSSH server on 127.0.0.1 whose board is a folder. */
export type SshBoard = {
  /** The folder that stands for the board's /. */
  readonly root: string;
  /** A folder at the front of the board's PATH. */
  readonly bin: string;
  readonly target: string;
  readonly sshConfig: string;
  /** Cut the connections after so many bytes in both directions, all of them together; undefined: never. */
  cutAfter(bytes: number | undefined): void;
  /** Bytes since the last `cutAfter`. */
  bytes(): number;
  close(): Promise<void>;
};

/** Start one, with keys of its own; only this test's client gets in. */
export async function startSshBoard(): Promise<SshBoard> {
  const folder = mkdtempSync(join(tmpdir(), 'bpmp-sshd-'));
  const at = (name: string) => join(folder, name);
  for (const key of ['host', 'user'])
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
  await execa('cp', [at('user.pub'), at('authorized')]);
  chmodSync(at('authorized'), 0o600);
  mkdirSync(at('root'));
  mkdirSync(at('bin'));
  mkdirSync(at('home'));
  mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('authorized')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    // A bash behind sshd reads ~/.bashrc, and this machine's is nobody's affair here: one took half a second of each connection.
    `SetEnv HOME=${at('home')} BPMP_VIRT_ROOT=${at('root')} PATH=${at('bin')}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ];
  writeFileSync(at('sshd.conf'), `${settings.join('\n')}\n`);
  const sshd = execa('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd.conf')], { reject: false, all: true });
  await waitForPort(port, sshd);
  const proxy = await startProxy(port);
  const hostKey = (await execa('cut', ['-d', ' ', '-f', '1,2', at('host.pub')])).stdout;
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${proxy.port} ${hostKey}\n`);
  const client = [
    'Host *',
    `  IdentityFile ${at('user')}`,
    '  IdentitiesOnly yes',
    '  StrictHostKeyChecking yes',
    `  UserKnownHostsFile ${at('known_hosts')}`,
    '  LogLevel ERROR',
    // OpenSSH's own choice is safe from quantum computers and takes half as long again: 0.43 s a connection in place of 0.29 s.
    '  KexAlgorithms curve25519-sha256',
  ];
  writeFileSync(at('ssh.conf'), `${client.join('\n')}\n`);
  return {
    root: at('root'),
    bin: at('bin'),
    target: `ssh://${userInfo().username}@127.0.0.1:${proxy.port}`,
    sshConfig: at('ssh.conf'),
    cutAfter: proxy.cutAfter,
    bytes: proxy.bytes,
    close: async () => {
      proxy.server.close();
      sshd.kill();
      await sshd;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProxy(to: number) {
  let passed = 0;
  let limit: number | undefined;
  const server: Server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, into] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        const room = limit === undefined ? chunk.length : Math.max(0, limit - passed);
        passed += Math.min(room, chunk.length);
        if (room >= chunk.length) into.write(chunk);
        else into.write(chunk.subarray(0, room), cut);
      });
      from.on('end', () => into.end());
      from.on('error', cut);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    cutAfter: (bytes: number | undefined) => {
      passed = 0;
      limit = bytes;
    },
    bytes: () => passed,
  };
}

/** A TCP port of this machine that nobody listens to. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function waitForPort(port: number, sshd: PromiseLike<{ all: string }>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await sleep(100);
  }
  throw new Error(`sshd does not answer: ${(await sshd).all}`);
}
