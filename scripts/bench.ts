// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { writeFileWhole } from '../src/tools/files/write-file.ts';
import { thisMachine } from './bench/machine.ts';
import { rowSchema } from './bench/row.ts';
import { markdown, plain } from './bench/table.ts';

/**
 * What `npm run bench` prints at its end: the rows that the tests have left in the folder (first word) as a table, and as JSON in
 * `--json FILE`. `--write` puts the table into docs/performance.md.
 */
const { values, positionals } = parseArgs({
  options: { json: { type: 'string' }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [folder = '.'] = positionals;
const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
const rows = await Promise.all(
  names.map(async (name) => rowSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))),
);
const machine = await thisMachine();
process.stdout.write(`${plain(rows)}\n`);
if (values.json !== undefined)
  await writeFileWhole(values.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);

const PAGE = 'docs/performance.md';
const [BEGIN, END] = ['<!-- table -->', '<!-- end of table -->'];
if (values.write) {
  const page = await readFile(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no table between ${BEGIN} and ${END}`);
  await writeFileWhole(
    PAGE,
    `${page.slice(0, from + BEGIN.length)}\n\n${markdown(rows, machine)}\n${page.slice(to)}`,
  );
}
