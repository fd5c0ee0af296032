// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { type CliContext, lineWidth } from '../context.ts';
import { type HostFlags, loadHost, withHostFlags } from '../flags/host-flags.ts';

type DevicesFlags = HostFlags & { readonly long?: true; readonly wide?: true };

/** `bpmp-virt devices`: what of a host can be passed through, and what it needs. */
export function devicesCommand(cli: CliContext): Command {
  return withHostFlags(new Command('devices'))
    .description('List the devices of a host that need the BPMP, and whether a VM can have them.')
    .argument('[name...]', 'only these devices')
    .option('--wide', 'a line for each, with registers, interrupts, ids and streams')
    .option('--long', 'everything that is known of each device')
    .option('--json', 'the same as JSON')
    .action(async (names: readonly string[], flags: DevicesFlags) => {
      const { eachDevice, findDevice } = await import('../../dt/devices.ts');
      const { reportDevices } = await import('../../policy/device-report.ts');
      const { formatDevice, formatTable } = await import('../../policy/format-report.ts');

      const { facts } = await loadHost(flags, cli);
      const devices =
        names.length === 0
          ? eachDevice(facts.index, facts.notes)
          : names.map((name) => findDevice(facts.index, name, facts.notes));
      const reports = reportDevices(devices, facts);
      if (flags.json === true) return cli.print(JSON.stringify([...reports], null, 2));
      if (flags.long === true) return cli.print(Array.from(reports, formatDevice).join('\n\n'));
      const wide = flags.wide === true;
      const columns = wide ? Number.POSITIVE_INFINITY : lineWidth(cli);
      cli.print(formatTable(reports, columns, wide));
    });
}
