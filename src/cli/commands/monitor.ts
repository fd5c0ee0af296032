// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** `bpmp-virt monitor`: transfers as they come, from a transcript of the firmware model or a host's tracepoints. */
export function monitorCommand(cli: CliContext): Command {
  return new Command('monitor')
    .description(
      'Show transfers as they come: request, id by name, verdict, time. From a transcript of the firmware model, or, ' +
        'with -, from a host’s tracepoints: ssh orin cat /sys/kernel/tracing/trace_pipe | bpmp-virt monitor -',
    )
    .argument(
      '<transcript>',
      'file that `firmware --transcript` or `run --emulate` writes; -: trace_pipe on stdin',
    )
    .option('--no-follow', 'show what is there and end')
    .action(async (transcript: string, flags: { follow: boolean }) => {
      const { formatTranscriptLine, formatTraceLine, TRANSFER_HEAD } = await import(
        '../../firmware/monitor.ts'
      );
      cli.print(TRANSFER_HEAD);
      const show = (format: (line: string) => string | undefined) => (line: string) => {
        const text = format(line);
        if (text !== undefined) cli.print(text);
      };
      if (transcript === '-') {
        const { readStdinLines } = await import('../stdin.ts');
        await readStdinLines(show(formatTraceLine), cli.signal);
        return;
      }
      const { resolve } = await import('node:path');
      const { followFile } = await import('../../tools/files/follow-file.ts');
      await followFile(resolve(cli.cwd, transcript), show(formatTranscriptLine), {
        follow: flags.follow,
        signal: cli.signal,
      });
    });
}
