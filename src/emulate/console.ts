// SPDX-License-Identifier: Apache-2.0

/** What the init scripts in guest/ tell the tool: lines that begin with this. */
const MARK = '@@bpmp-virt ';

/** Told of a console, line by line. */
export type ConsoleListener = {
  /** A line of the machine's own; without its end. */
  readonly onLine?: (line: string) => void;
  /** A line for the tool: its words. */
  readonly onMark?: (words: readonly string[]) => void;
};

/** Cuts a console's bytes into lines, keeps sections apart and takes the tool's own lines out. */
export class ConsoleReader {
  /** Name of a section (`host-dmesg`) → its text. */
  readonly sections = new Map<string, string>();
  readonly #listener: ConsoleListener;
  #rest = '';
  #section: string | undefined;

  constructor(listener: ConsoleListener) {
    this.#listener = listener;
  }

  push(bytes: Buffer): void {
    const lines = (this.#rest + bytes.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line.replace(/\r+$/, ''));
  }

  #line(line: string): void {
    const at = line.indexOf(MARK);
    if (at >= 0) this.#mark(line.slice(at + MARK.length).split(' '));
    else if (this.#section === undefined) this.#listener.onLine?.(line);
    else this.sections.set(this.#section, `${this.sections.get(this.#section) ?? ''}${line}\n`);
  }

  #mark(words: readonly string[]): void {
    const [verb, name] = words;
    if (verb === 'begin') {
      this.#section = name;
      this.sections.set(name ?? '', '');
    } else if (verb === 'end') {
      this.#section = undefined;
    } else {
      this.#listener.onMark?.(words);
    }
  }
}

/** What a person at the console sees of its bytes: the tool's own lines and sections stay away, all else passes at once. */
export class ScreenFilter {
  /** The start of a line that may become one of ours. */
  #held = '';
  #atStart = true;
  #section = false;

  push(bytes: Buffer): Buffer {
    let rest = this.#held + bytes.toString('latin1');
    let shown = '';
    this.#held = '';
    while (rest !== '') {
      const end = rest.indexOf('\n') + 1;
      const line = end === 0 ? rest : rest.slice(0, end);
      const isOurs = this.#atStart && line.startsWith(MARK);
      if (end === 0 && this.#atStart && (isOurs || MARK.startsWith(line))) {
        this.#held = line;
        break;
      }
      if (isOurs) this.#section = line.startsWith(`${MARK}begin`);
      else if (!this.#section) shown += line;
      this.#atStart = end !== 0;
      rest = rest.slice(line.length);
    }
    return Buffer.from(shown, 'latin1');
  }
}
