// SPDX-License-Identifier: Apache-2.0
import { Bug } from '../errors.ts';

/**
 * Fill a template of dts-templates: a line that is nothing but `@name@` becomes the lines of that value, indented
 * as it was; `@name@` inside a line becomes the value, which then is one line.
 *
 * @throws {Error} the template names a value that is not given, or does not use one: a bug of ours
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string | readonly string[]>>,
): string {
  const used = new Set<string>();
  const value = (name: string): string | readonly string[] => {
    const found = values[name];
    if (found === undefined) throw new Bug(`the template wants @${name}@`);
    used.add(name);
    return found;
  };
  const lines = template.split('\n').flatMap((line) => {
    const [, indent, block] = /^(\s*)@([\w-]+)@$/.exec(line) ?? [];
    if (block !== undefined)
      return [value(block)].flat().map((text) => (text === '' ? '' : `${indent}${text}`));
    return [line.replaceAll(/@([\w-]+)@/g, (_, name: string) => [value(name)].flat().join(' '))];
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Bug(`the template has no place for ${unused.join(', ')}`);
  return lines.join('\n');
}
