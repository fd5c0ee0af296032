// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';

type FirmwareFlags = { socket: string; transcript?: string; script?: string };

/** `bpmp-virt firmware`: a Tegra234 BPMP behind a unix socket, until Ctrl-C. */
export function firmwareCommand(cli: CliContext): Command {
  return new Command('firmware')
    .description('run the BPMP firmware model behind a unix socket (a QEMU chardev connects to it)')
    .requiredOption('--socket <path>', 'where to listen')
    .option(
      '--transcript <file>',
      'write every transfer to this file, one JSON object per line; an older transcript is replaced, no other file',
    )
    .option('--script <file>', 'JSON with rules that delay, drop, refuse or spoil answers')
    .action(async (flags: FirmwareFlags) => {
      const { resolve } = await import('node:path');
      const { readScript } = await import('../../firmware/script.ts');
      const { startFirmware } = await import('../../firmware/server.ts');

      const at = (file: string) => resolve(cli.cwd, file);
      const script = flags.script === undefined ? undefined : await readScript(at(flags.script));
      const firmware = await startFirmware({
        socket: at(flags.socket),
        ...(flags.transcript === undefined ? {} : { transcript: at(flags.transcript) }),
        ...(script === undefined ? {} : { script }),
      });
      cli.warn(`The firmware model listens on ${firmware.socket}; Ctrl-C ends it.`);
      if (!cli.signal.aborted) {
        await new Promise((done) => {
          cli.signal.addEventListener('abort', done, { once: true });
        });
      }
      await firmware.close();
    });
}
