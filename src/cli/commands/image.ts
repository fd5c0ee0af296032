// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import type { ImageFlags } from '../flags/image-flags.ts';
import { mebibytes } from '../flags/numbers.ts';
import { collect, withFetchFlags } from '../flags/run-flags.ts';

/** `bpmp-virt image guest`: a root file system for a guest, without root. */
export function imageCommand(cli: CliContext): Command {
  return new Command('image')
    .description('Make images.')
    .addCommand(guestCommand(cli).copyInheritedSettings(new Command()));
}

function guestCommand(cli: CliContext): Command {
  const command = new Command('guest')
    .description(
      'Make a raw ext4 image with a guest’s root file system, without root. busybox: a shell on the console and nothing else. ' +
        'debian: packages that the guest’s first boot configures; ssh with --key, no password.',
    )
    .addOption(new Option('--kind <kind>', 'what is in it').choices(['debian', 'busybox']).default('debian'))
    .requiredOption('--out <file>', 'the image: a new file')
    .addOption(
      new Option('--size <size>', 'of the image: 2G of a debian, 24M of a busybox').argParser(mebibytes),
    )
    .option('--user <name>', 'debian: who logs in', 'guest')
    .option('--key <file>', 'debian: ssh public key of that user')
    .option('--autologin', 'debian: log the user in on the console without a password')
    .option('--hostname <name>', 'debian: name of the guest', 'guest')
    .option(
      '--suite <name>',
      'debian: a release; may be repeated (default: bookworm, bookworm-security)',
      collect,
      [],
    )
    .option(
      '--package <name>',
      'debian: a package besides what starts, ssh and the network need; may be repeated',
      collect,
      [],
    )
    .option('--modules <dir>', 'debian: a folder with lib/modules of the guest’s kernel');
  return withFetchFlags(command)
    .option('--verbose', 'show the commands that run')
    .action(async (flags: ImageFlags) => {
      const { makeGuestImage } = await import('../actions/make-guest-image.ts');
      cli.print(await makeGuestImage(flags, cli));
    });
}
