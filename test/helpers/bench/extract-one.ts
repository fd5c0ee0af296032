// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { extractArchive } from '../../../src/tools/fetch/archive.ts';

/** A process that unpacks one archive (first word) as the folder (second), so that its memory can be measured. */
const [, , archive = '', into = ''] = process.argv;
await extractArchive({ archive, into, strip: 0 });
