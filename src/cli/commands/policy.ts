// SPDX-License-Identifier: Apache-2.0
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { type HostFlags, loadHost, VmFlags, withHostFlags } from '../flags/host-flags.ts';
import type { PolicyFlags } from '../report/policy-formats.ts';

/** `bpmp-virt policy`: which ids VMs get, and why; `policy lint` fails where that is not sound. */
export function policyCommand(cli: CliContext): Command {
  const vms = new VmFlags();
  const command = vms
    .addTo(withHostFlags(new Command('policy')))
    .description('Print what VMs may use of the BPMP, with the reason for every id.')
    .option('--json', 'as JSON; kept in a file, it is the lock for `policy lint`')
    .addOption(
      new Option(
        '--format <form>',
        'how: dts is the source of the host overlay, guest that of the first VM’s tree, scmi that of its overlay over a stock QEMU’s tree, scmi-map the file for bpmp-scmi',
      )
        .choices(['text', 'json', 'dts', 'guest', 'scmi', 'scmi-map'])
        .default('text'),
    )
    .addOption(
      new Option(
        '--html <file>',
        'write it as one page for a browser, with a picture of the clocks',
      ).conflicts(['json', 'format']),
    )
    .option('--base <dtb>', 'for guest: the tree that QEMU dumps for the machine')
    .action(async (flags: PolicyFlags) => {
      const { derivePolicies } = await import('../../policy/derive.ts');
      const { POLICY_FORMATS } = await import('../report/policy-formats.ts');
      const { file, facts } = await loadHost(flags, cli);
      const policies = derivePolicies(await vms.orRecipe(flags, cli), facts);
      if (flags.html !== undefined) {
        const { writePage } = await import('../report/page.ts');
        await writePage(resolve(cli.cwd, flags.html), { title: `Policy over ${basename(file)}`, policies });
        return cli.print(`The page is ${flags.html}.`);
      }
      const format = flags.json === true ? 'json' : flags.format;
      cli.print(await POLICY_FORMATS[format]({ policies, facts, what: basename(file), flags, cli }));
    });
  return command.addCommand(lintCommand(cli));
}

type LintFlags = HostFlags & { readonly lock?: string };

function lintCommand(cli: CliContext): Command {
  const vms = new VmFlags();
  return vms
    .addTo(withHostFlags(new Command('lint')))
    .description('Fail where two VMs overlap, a device is needed by the host, or ids changed since the lock.')
    .option('--lock <file>', 'a policy that `bpmp-virt policy --json` printed')
    .option('--json', 'print the findings as JSON')
    .action(async (flags: LintFlags) => {
      const { lintFindings } = await import('../actions/policy-lint.ts');
      const { formatFinding, refuseErrors } = await import('../../policy/lint.ts');
      const { facts } = await loadHost(flags, cli);
      const findings = await lintFindings(await vms.orRecipe(flags, cli), facts, flags.lock, cli);
      if (flags.json === true) cli.print(JSON.stringify(findings, null, 2));
      else
        for (const finding of findings.filter(({ severity }) => severity === 'warning'))
          cli.warn(formatFinding(finding));
      refuseErrors(findings);
      if (flags.json !== true) cli.print('The policies are sound.');
    });
}
