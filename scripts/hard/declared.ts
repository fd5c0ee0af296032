// SPDX-License-Identifier: Apache-2.0

/** What a hard test says of itself in comments at its top, a line each: `// inputs: PATH…`, `// tools: …`, `// labs: …`, `// minutes: N`. */
export type Declared = {
  /** Files and folders, from the clone's top, besides the modules that the test imports. */
  readonly inputs: readonly string[];
  /** Programs whose versions matter. */
  readonly tools: readonly string[];
  /** Unpacked sources of the lab (`linux-6.12`, `qemu-7.2`), whose versions move with the mirror. */
  readonly labs: readonly string[];
  /** What it takes on two cores from nothing, until it was measured. */
  readonly minutes: number;
};

/** @throws {Error} `text` lacks a line: a bug of the test `file` */
export function parseDeclared(file: string, text: string): Declared {
  const line = (name: string): string => {
    const found = new RegExp(`^// ${name}: (.+)$`, 'm').exec(text)?.[1];
    if (found === undefined)
      throw new Error(`${file} does not say its ${name}: add a line \`// ${name}: …\``);
    return found;
  };
  const words = (name: string) =>
    line(name)
      .split(' ')
      .filter((word) => word !== '-');
  const minutes = Number(line('minutes'));
  if (!(minutes > 0)) throw new Error(`${file}: minutes must be a number above 0`);
  return { inputs: words('inputs'), tools: words('tools'), labs: words('labs'), minutes };
}

/** Paths of the modules that `text`, the module `file`, imports by relative path. */
export function importsOf(file: string, text: string): readonly string[] {
  const found = text.matchAll(/(?:from|import\()\s*'(\.[^']*)'/g);
  return [...found].map(([, name = '']) => new URL(name, `file:///${file}`).pathname.slice(1));
}
