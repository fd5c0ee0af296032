// SPDX-License-Identifier: Apache-2.0

/** Words of `text` in lines of `width`; a word that is longer has a line of its own. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `text` in lines of `columns`, those after the first indented by `indent` more than it is. */
export function hanging(text: string, columns: number, indent: number): readonly string[] {
  if (text.length <= columns) return [text];
  const own = /^ */.exec(text)?.[0].length ?? 0;
  const blanks = ' '.repeat(own + indent);
  const [first = '', ...rest] = wrapped(text.slice(own), columns - blanks.length);
  return [`${' '.repeat(own)}${first}`, ...rest.map((line) => `${blanks}${line}`)];
}
