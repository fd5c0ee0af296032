// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import type { FlashFlags } from '../flags/flash-flags.ts';
import { seconds } from '../flags/numbers.ts';

/** `bpmp-virt flash`: Jetson Linux with our kernel and boot entry onto a board in recovery mode. */
export function flashCommand(cli: CliContext): Command {
  return new Command('flash')
    .description(
      'Write Jetson Linux, with the bundle’s kernel and a second boot entry in it, to a board in recovery mode. This erases the board’s storage; `deploy` over ssh does not.',
    )
    .option('--work <dir>', 'work folder with Linux_for_Tegra and the bundle', 'work')
    .option('--l4t <dir>', 'Linux_for_Tegra elsewhere')
    .option('--bundle <dir>', 'a bundle elsewhere')
    .option('--rootfs <file>', 'the sample root file system, where it is not unpacked yet')
    .option(
      '--rootfs-ready',
      'Linux_for_Tegra/rootfs is yours: unpacked, and apply_binaries.sh has run, both to their end',
    )
    .addOption(
      new Option('--storage <where>', 'where the root file system goes')
        .choices(['emmc', 'nvme'])
        .default('nvme'),
    )
    .option('--board <name>', 'NVIDIA’s name of the board, in place of the developer kit’s')
    .option('--usb <port>', 'which board, where several are in recovery mode: 1-2')
    .option('--all', 'all boards in recovery mode at once: of one module, a line and a log for each')
    .option(
      '--user <name>',
      'make this user (password from BPMP_VIRT_PASSWORD), so that the first boot asks nothing',
    )
    .option('--no-flash', 'prepare everything, write nothing to the board')
    .option('--dry-run', 'say what would be run, run nothing')
    .option('--yes', 'do not ask before the board is erased')
    .option('--wait <seconds>', 'how long the first boot may take; 0: do not wait', seconds, 900)
    .option('--explain <log>', 'say what failed in a log that somebody kept, and do nothing else')
    .action(async (flags: FlashFlags) => {
      if (flags.explain !== undefined) {
        const { explainLog } = await import('../../flash/explain-log.ts');
        return cli.print(await explainLog(resolve(cli.cwd, flags.explain)));
      }
      const { flash } = await import('../actions/flash-board.ts');
      const work = resolve(cli.cwd, flags.work);
      await flash(
        {
          ...flags,
          l4t: flags.l4t === undefined ? join(work, 'Linux_for_Tegra') : resolve(cli.cwd, flags.l4t),
          bundle: flags.bundle === undefined ? join(work, 'bundle') : resolve(cli.cwd, flags.bundle),
          work,
        },
        cli,
      );
    });
}
