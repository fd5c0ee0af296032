// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { qemuArgv } from '../../../src/launch/qemu-args.ts';
import { vmSettings } from '../../../src/launch/vm-settings.ts';
import { DOCUMENTED_COMMAND } from '../../helpers/launch-document.ts';

/** Documented word → ours. */
const DIFFERS = new Map<string, string>([
  ['/home/user/qemu-bpmp/build/qemu-system-aarch64', './qemu-system-aarch64'],
  ['uarta.dtb', 'guest.dtb'],
]);

test('the command is the documented one, argument for argument, but for two names; what is added comes after it', () => {
  const argv = qemuArgv(vmSettings({ VM_SANDBOX: '' }));
  const documented = DOCUMENTED_COMMAND.flat().map((word) => DIFFERS.get(word) ?? word);
  expect(argv.slice(0, documented.length)).toEqual(documented);
  const added = ['-machine', 'bpmp=on,bpmp-fd=3', '-global', 'virtio-net-pci.romfile='];
  expect(argv.slice(documented.length)).toEqual(added);
});

test('in run-vm.sh every word that is not documented, and none that is, has a comment above it', () => {
  const script = readFileSync(join(import.meta.dirname, '../../../board/run-vm.sh'), 'utf8');
  const [, command = ''] = /# >>> command\n(.*)# <<< command/s.exec(script) ?? [];
  const lines = command.split('\n');
  const adds = lines.flatMap((line, at) => {
    const [, words] = /set -- "\$@" (.*)$/.exec(line) ?? [];
    return words === undefined ? [] : [{ words, explained: lines[at - 1]?.startsWith('\t#') === true }];
  });
  // The line that adds devices stands in a loop over them, as the one of the document would for several.
  const plain = adds.filter(({ explained }) => !explained).map(({ words }) => words.split(' ')[0]);
  const same = DOCUMENTED_COMMAND.filter((group) => !group.some((word) => DIFFERS.has(word))).map(
    ([option]) => option,
  );
  expect(plain).toEqual(same);
  expect(adds.filter(({ explained }) => explained)).not.toEqual([]);
});
