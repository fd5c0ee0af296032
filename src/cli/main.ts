#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Node parses this file and what it imports statically before it runs a line: so it imports nothing of ours, and keeps to what old ones know.
import process from 'node:process';

const [oldest, oldestMinor] = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldest || (major === oldest && minor < oldestMinor)) {
  process.stderr.write(
    `error: this is Node.js ${process.versions.node}, and bpmp-virt needs ${oldest}.${oldestMinor} or newer\n\nInstall one: https://nodejs.org has packages for every system, and \`nvm install 20\` needs no root.\n`,
  );
  process.exitCode = 3;
} else {
  const { start } = await import('./start.ts');
  await start();
}
