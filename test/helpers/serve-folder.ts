// SPDX-License-Identifier: Apache-2.0
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { onTestFinished } from 'vitest';

/** What is wrong with the network, as long as it is set. */
type Network = {
  /** Answers carry so many bytes of a file; then nothing comes any more, or the connection is gone. */
  fault?: { readonly after: number; readonly end: 'stalls' | 'breaks' } | undefined;
};

/**
 * Serve the files of `folder` on localhost until the test ends, ranges too; gives the URL, what was asked for (with ` from N` for
 * a range), and the network, which a test may spoil.
 */
export async function serveFolder(folder: () => string) {
  const asked: string[] = [];
  const network: Network = {};
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(request.url ?? '/'));
    const start = startOf(request);
    asked.push(start > 0 ? `${path} from ${start}` : path);
    answer(response, join(folder(), path), start, network);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, network };
}

function startOf({ headers }: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
}

function answer(response: ServerResponse, file: string, start: number, { fault }: Network): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return void response.writeHead(404).end();
  if (start > 0 && start >= size) return void response.writeHead(416).end();
  const range = start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': size - start, ...range });
  if (fault === undefined) return void createReadStream(file, { start }).pipe(response);
  const part = createReadStream(file, { start, end: start + fault.after - 1 });
  part.pipe(response, { end: false });
  // What was written is on its way for a moment.
  if (fault.end === 'breaks') part.on('end', () => setTimeout(() => response.destroy(), 50));
}
