// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { collect } from '../flags/run-flags.ts';

type SysrootFlags = {
  readonly mirror: string;
  readonly suite: readonly string[];
  readonly architecture: string;
  readonly pin: readonly string[];
};

/** `bpmp-virt plumbing`: what scripts of `plan --shell` ask, where a person would look for himself. */
export function plumbingCommand(cli: CliContext): Command {
  const plumbing = new Command('plumbing').description(
    'Questions that the scripts of `plan --shell` ask. People have `build`.',
  );
  plumbing
    .command('unmet')
    .description('Name each symbol of Kconfig fragments that a configuration has otherwise.')
    .argument('<config>', 'the .config')
    .argument('<fragment...>', 'fragments')
    .option('--wanted <SYMBOL=VALUE>', 'one more symbol; may be repeated', collect, [])
    .action(async (config: string, fragments: readonly string[], flags: { wanted: readonly string[] }) => {
      const { checkConfig } = await import('../actions/plumbing.ts');
      await checkConfig({ config, fragments, wanted: flags.wanted }, cli);
    });
  plumbing
    .command('manifest')
    .description('Print the manifest of a bundle that is made by hand: what its kernel can.')
    .argument('<image>', 'the kernel')
    .argument('<config>', 'its .config')
    .action(async (image: string, config: string) => {
      const { printManifest } = await import('../actions/plumbing.ts');
      await printManifest({ image, config }, cli);
    });
  plumbing
    .command('sysroot')
    .description('Name packages and the development packages that they need, as NAME=VERSION.')
    .argument('<package...>', 'packages')
    .requiredOption('--mirror <url>', 'archive')
    .requiredOption('--suite <name>', 'suite of it; may be repeated', collect, [])
    .requiredOption('--architecture <name>', 'architecture')
    .option('--pin <NAME=VERSION>', 'an exact version; may be repeated', collect, [])
    .action(async (packages: readonly string[], flags: SysrootFlags) => {
      const { listSysroot } = await import('../actions/plumbing.ts');
      await listSysroot({ packages, ...flags, suites: flags.suite }, cli);
    });
  return plumbing;
}
