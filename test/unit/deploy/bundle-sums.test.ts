// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBundle } from '../../../src/deploy/bundle-files.ts';
import { requireSums } from '../../../src/deploy/bundle-sums.ts';
import { UsageError } from '../../../src/errors.ts';
import { sum } from '../../helpers/board/facts.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const BOARD = join(import.meta.dirname, '../../../board');
const FILES = { Image: 'kernel', 'dtb/x.dtb': 'nvidia,p3737-0000+p3701-0000', 'run-vm.sh': '#!/bin/sh\n' };

function makeBundle(): string {
  const folder = tmpDir('bundle');
  mkdirSync(join(folder, 'dtb'));
  const lines = Object.entries(FILES).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return `${sum(text)}  ${name}\n`;
  });
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''));
  return folder;
}

test('a bundle that is as it was made is taken, with files of its owner, and so is one without a list', async () => {
  const folder = makeBundle();
  writeFileSync(join(folder, 'mine.txt'), 'mine');
  expect((await readBundle(folder, BOARD)).files.map(({ to }) => to)).toContain('/opt/bpmp-virt/mine.txt');
  await requireSums(folder);
  rmSync(join(folder, 'SHA256SUMS'));
  writeFileSync(join(folder, 'run-vm.sh'), 'made by hand');
  await readBundle(folder, BOARD);
});

test.each<readonly [string, (folder: string) => void, string]>([
  ['a file cut short', (folder) => writeFileSync(join(folder, 'run-vm.sh'), '#!/bi'), 'run-vm.sh'],
  ['a kernel that is another', (folder) => appendFileSync(join(folder, 'Image'), '!'), 'Image'],
  ['a file gone', (folder) => rmSync(join(folder, 'run-vm.sh')), 'run-vm.sh (missing)'],
  ['a list cut short', (folder) => writeFileSync(join(folder, 'SHA256SUMS'), 'abcd'), 'not a sum and a name'],
])('refused by every reader: %s', async (_, spoil, named) => {
  const folder = makeBundle();
  spoil(folder);
  for (const read of [() => readBundle(folder, BOARD), () => requireSums(folder)]) {
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(named);
  }
});
