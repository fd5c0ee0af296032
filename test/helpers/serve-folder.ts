// SPDX-License-Identifier: Apache-2.0
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { onTestFinished } from 'vitest';

/** Serve the files of `folder` on localhost until the test ends; gives the URL and what was asked for. */
export async function serveFolder(folder: () => string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(request.url ?? '/'));
    asked.push(path);
    const file = join(folder(), path);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    response.writeHead(size === undefined ? 404 : 200, size === undefined ? {} : { 'content-length': size });
    if (size === undefined) response.end();
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
