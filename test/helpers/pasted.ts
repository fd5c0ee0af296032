// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A command that a page shows with what it prints. */
export type Pasted = { readonly page: string; readonly words: readonly string[]; readonly output: string };

/** Those of README and docs: blocks of `console`, in which a command is behind `$ `. */
export function pasted(): readonly Pasted[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)].flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const blocks = [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    return blocks.flatMap((block) =>
      [...block.matchAll(/^\$ bpmp-virt (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, line = '', output = '']) => ({
        page,
        words: line.split(' '),
        output,
      })),
    );
  });
}
