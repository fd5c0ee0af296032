// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What is wrong with the link, as long as it is set. */
type Link = {
  /** So many bytes of a pack come; then nothing more, or the connection is gone. */
  fault?: { readonly after: number; readonly end: 'stalls' | 'breaks'; readonly once?: true } | undefined;
  /** The server knows no partial fetches, as older ones do. */
  noFilter?: boolean;
  /** Bytes a second. */
  speed?: number | undefined;
};

/** Bytes of an answer that has a pack in it, at least. */
const PACK_LEAST = 20_000;
/** Bytes that a slow link lets through at once. */
const SLICE = 4096;

/** Serve the git repositories below `root` over http until the test ends; gives the URL, how often a pack was asked for, and the link. */
export async function serveGit(root: string) {
  const asked = { packs: 0 };
  const link: Link = {};
  const server = createServer((request, response) => {
    const isPack = request.method === 'POST';
    const onPack = () => {
      asked.packs += 1;
    };
    void answer(request, response, {
      root,
      link: isPack ? link : { noFilter: link.noFilter === true },
      onPack,
    }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, link };
}

/** As a CGI program, which is what git http-backend is: a head with the status in it, an empty line, the body. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { root, link, onPack }: { readonly root: string; readonly link: Link; readonly onPack: () => void },
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_CONFIG_KEY_1: 'uploadpack.allowAnySHA1InWant',
      GIT_CONFIG_VALUE_1: 'true',
      GIT_CONFIG_KEY_2: 'uploadpack.allowFilter',
      GIT_CONFIG_VALUE_2: String(link.noFilter !== true),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: String(request.headers['content-type'] ?? ''),
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const at = whole.indexOf('\r\n\r\n');
  const head = whole.subarray(0, at).toString('latin1').split('\r\n');
  for (const line of head) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  const body = whole.subarray(at + 4);
  // Lists of names are asked for by POST as well.
  if (body.length > PACK_LEAST) onPack();
  await send(response, body, link);
}

async function send(response: ServerResponse, body: Buffer, link: Link): Promise<void> {
  const { fault, speed } = link;
  const part = fault === undefined ? body : body.subarray(0, fault.after);
  if (fault?.once === true && part.length < body.length) link.fault = undefined;
  for (let at = 0; at < part.length; at += SLICE) {
    response.write(part.subarray(at, at + SLICE));
    if (speed !== undefined) await sleep((SLICE / speed) * 1000);
  }
  if (part.length === body.length) response.end();
  else if (fault?.end === 'breaks') {
    await sleep(50);
    response.destroy();
  }
}
