// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one path is answered. */
export type Served = {
  readonly content: Uint8Array;
  /** The first answer that carries content breaks off after so many bytes. */
  readonly breaksAfter?: number;
  /** Ranges are not known here: always all of it, with 200. */
  readonly noRanges?: boolean;
  readonly redirectTo?: string;
  /** Said of the content, whatever it is. */
  readonly encoding?: string;
  /** The first answer is 503 with this Retry-After. */
  readonly busy?: string;
};

export type FileServer = {
  readonly url: (path: string) => string;
  /** `GET /path bytes=5-` per request, in order. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
};

/** A server of files on localhost that can range, redirect and break off; what it does not have is a 404. */
export async function serveFiles(files: Readonly<Record<string, Served>>): Promise<FileServer> {
  const requests: string[] = [];
  const broken = new Set<string>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(`${request.method} ${path} ${request.headers.range ?? ''}`.trim());
    const served = files[path];
    if (served === undefined) return void response.writeHead(404).end();
    if (served.redirectTo !== undefined)
      return void response.writeHead(302, { location: served.redirectTo }).end();
    if (served.busy !== undefined && !broken.has(path)) {
      broken.add(path);
      return void response.writeHead(503, { 'retry-after': served.busy }).end('later');
    }
    answer(request, response, served, () => {
      const first = !broken.has(path);
      broken.add(path);
      return first ? served.breaksAfter : undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { content, noRanges, encoding }: Served,
  breakAfter: () => number | undefined,
): void {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const from = start === undefined || noRanges === true ? 0 : Number(start);
  if (from >= content.length && from > 0) return void response.writeHead(416).end();
  const rest = content.subarray(from);
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': rest.length,
    ...(from > 0 ? range : {}),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  const limit = breakAfter();
  if (limit === undefined) return void response.end(rest);
  response.write(rest.subarray(0, limit), () => setTimeout(() => response.destroy(), 20));
}
