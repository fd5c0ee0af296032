// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { parseArgs } from 'node:util';
import { writeFileWhole } from '../src/tools/files/write-file.ts';
import { GENERATED, GENERATED_FROM_KERNEL } from './generated.ts';

/** npm run generate [-- --kernel TREE]: write anew what code writes. Without a kernel tree what comes from one stays. */
const { values } = parseArgs({ options: { kernel: { type: 'string' } } });
const say = (text: string) => process.stdout.write(`${text}\n`);

for (const [file, make] of Object.entries(GENERATED)) await writeFileWhole(file, await make());
for (const [file, make] of Object.entries(GENERATED_FROM_KERNEL))
  if (values.kernel === undefined) say(`${file} stays: name a kernel tree with --kernel`);
  else await writeFileWhole(file, await make(values.kernel));
