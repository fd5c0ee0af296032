// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderRunScript } from '../../../src/launch/run-script.ts';
import { vmSettings } from '../../../src/launch/vm-settings.ts';

const path = join(import.meta.dirname, '../../../board/run-vm.sh');
const template = readFileSync(path, 'utf8');

test('the script in this repository is the documented machine', async () => {
  await expect(renderRunScript(template, vmSettings(), 'l4t-36.3')).toMatchFileSnapshot(path);
});

test('values reach the shell as they are', () => {
  const script = renderRunScript(template, vmSettings({ VM_APPEND: `it's "a" } $HOME`, VM_INITRD: '' }), 'x');
  expect(script).toContain(`VM_APPEND=\${VM_APPEND-'it'\\''s "a" } $HOME'}\n`);
  expect(script).toContain(`VM_INITRD=\${VM_INITRD-}\n`);
});

test('a template without its parts is a bug', () => {
  expect(() => renderRunScript('#!/bin/sh\n', vmSettings(), 'x')).toThrow("no part 'machine'");
});
