// SPDX-License-Identifier: Apache-2.0
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { completionWords, formatCompletion } from '../../../src/cli/actions/completion-script.ts';
import { makeProgram } from '../../../src/cli/program.ts';
import { silentCli } from '../../helpers/silent-cli.ts';

/** What bash offers behind `line`, whose last word is being typed. */
async function offered(line: string): Promise<readonly string[]> {
  const program = await makeProgram(silentCli(), ['completion', 'bash']);
  const script = formatCompletion('bash', await completionWords(program));
  const ask = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bpmp_virt; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa('bash', ['-c', ask, 'bash', 'bpmp-virt', ...line.split(' ')]);
  return stdout.split('\n').filter((word) => word !== '');
}

test.each([
  ['dev', ['devices']],
  ['build l4t-36.3', ['l4t-36.3', 'l4t-36.3-qemu-10.0', 'l4t-36.3-qemu-10.2', 'l4t-36.3-qemu-fork']],
  ['devices ua', ['uarta']],
  ['build debian-6.12 --device g', ['gen8_i2c', 'gpu']],
  ['run --emulate ', ['guest', 'orin']],
  ['policy --format sc', ['scmi', 'scmi-map']],
  ['policy --recipe debian-7', ['debian-7.3']],
  ['completion z', ['zsh']],
  ['run --emu', ['--emulate']],
  // What nobody can list is left to bash, which offers files.
  ['devices --dtb ', []],
])('bash, behind `%s`', async (line, words) => {
  expect(await offered(line)).toEqual(words);
});
