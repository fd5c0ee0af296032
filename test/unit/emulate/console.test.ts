// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ConsoleReader, ScreenFilter } from '../../../src/emulate/console.ts';

it('takes marks out, keeps sections, and copes with any cut', () => {
  const text =
    'boot\r\n@@bpmp-virt guest ready\r\nhello\r\n@@bpmp-virt begin guest-dmesg\r\n[1] a\r\n[2] b\r\n@@bpmp-virt end guest-dmesg\r\nbye\r\n';
  for (const size of [1, 7, text.length]) {
    const lines: string[] = [];
    const marks: string[] = [];
    const reader = new ConsoleReader({
      onLine: (line) => lines.push(line),
      onMark: (words) => marks.push(words.join(' ')),
    });
    for (let at = 0; at < text.length; at += size) reader.push(Buffer.from(text.slice(at, at + size)));
    expect(lines).toEqual(['boot', 'hello', 'bye']);
    expect(marks).toEqual(['guest ready']);
    expect(reader.sections.get('guest-dmesg')).toBe('[1] a\n[2] b\n');
  }
});

it('shows a person all but marks and sections, bytes as they are, a prompt at once, and copes with any cut', () => {
  const text =
    'boot\r\n@@bpmp-virt host ready x\r\n/ # echo grüß\r\ngrüß @@\r\n@@bpmp-virt begin stats\r\nnode a\r\n' +
    '@@bpmp-virt end stats\r\n@@bpmp-virt begin host-dmesg\r\n[1] a\r\n@@bpmp-virt end host-dmesg\r\n/ # ';
  for (const size of [1, 7, 1000]) {
    const screen = new ScreenFilter();
    const bytes = Buffer.from(text);
    const shown: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) shown.push(screen.push(bytes.subarray(at, at + size)));
    expect(Buffer.concat(shown).toString()).toBe('boot\r\n/ # echo grüß\r\ngrüß @@\r\n/ # ');
  }
});
