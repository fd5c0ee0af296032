// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCommand } from '../../../src/command.ts';
import { makeCpio } from '../../../src/emulate/cpio.ts';
import { guestRoot } from '../../../src/emulate/guest-files.ts';
import { type Machine, startMachine } from '../../../src/emulate/machine.ts';
import type { FirmwareState } from '../../../src/firmware/model.ts';
import type { Script } from '../../../src/firmware/script.ts';
import { derivePolicies } from '../../../src/policy/derive.ts';
import { compileDts } from '../../../src/tools/dtc/dtc.ts';
import { scmiMap } from '../../../src/trees/scmi-domains.ts';
import { scmiGuest } from '../../../src/trees/scmi-guest.ts';
import { labScmi } from '../lab/lab-scmi.ts';
import { stockKernel, stockQemu } from '../lab/lab-stock.ts';
import { nvidiaFacts, ROOT } from '../trees/nvidia-tree.ts';
import { logFolder, naming, quietly, recorder, rootParts, type Seen } from './emulate.ts';

/**
 * No stock QEMU has Tegra's UART, so the clock and the reset of UARTA are given to a device that is there, the RTC, too: its bus switches
 * the one on and releases the other before its driver runs.
 */
const RTC = `
	fragment@1 {
		target-path = "/pl031@9010000";

		__overlay__ {
			clocks = <&scmi_clk 1>;
			clock-names = "apb_pclk";
			resets = <&scmi_rst 0>;
		};
	};
};
`;

/** The tree of the machine: what this QEMU makes, and the product's overlay for UARTA. */
async function makeTree(folder: string, machine: readonly string[]): Promise<{ dtb: string; map: string }> {
  const facts = nvidiaFacts();
  const [policy] = derivePolicies([{ name: 'uart-vm', devices: ['uarta'] }], facts);
  if (policy === undefined) throw new Error('no policy');
  const template = readFileSync(join(ROOT, 'dts-templates/guest-scmi.dts.in'), 'utf8');
  const names = { what: 'Guest uart-vm', hostTree: 'host.dtb' };
  const text = scmiGuest(policy, facts, names, template).replace(/\};\s*$/, RTC);
  const [base, overlay, dtb, map] = ['base.dtb', 'guest.dtbo', 'guest.dtb', 'scmi.map'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const source = { files: new Map([['guest.dts', text]]), includes: [], symbols: false };
  await compileDts(source, overlay, quietly);
  const [program = '', ...words] = await stockQemu();
  const dump = ['-machine', `virt,gic-version=3,dumpdtb=${base}`, '-nodefaults', '-display', 'none'];
  await quietly([program, ...words, ...dump, ...machine], folder);
  await quietly(['fdtoverlay', '-i', base, '-o', dtb, overlay], folder);
  await writeFile(map, scmiMap(policy));
  return { dtb, map };
}

/** What happened in a stock guest. */
export type StockRun = Seen & {
  readonly before: FirmwareState;
  /** When the guest asked for it by `@@bpmp-virt look`. */
  readonly during: FirmwareState | undefined;
  readonly after: FirmwareState;
  /** What QEMU and bpmp-scmi said. */
  readonly said: string;
};

/** Boot Debian's kernel on Debian's QEMU over SCMI, with bpmp-scmi on the firmware model, and run `exec` in it. */
export async function runStockGuest(
  wish: { readonly name: string; readonly exec: string; readonly script?: Script; readonly cpus?: number },
  check: (run: StockRun) => void | Promise<void>,
): Promise<void> {
  const folder = await logFolder(wish.name);
  const [{ vmlinuz, modules }, { program }, qemu] = [await stockKernel(), await labScmi(), await stockQemu()];
  const machine = ['-cpu', 'cortex-a57', '-smp', String(wish.cpus ?? 1), '-m', '512M'];
  const { dtb, map } = await makeTree(folder, machine);
  const initrd = join(folder, 'initrd.cpio');
  await writeFile(initrd, makeCpio(await guestRoot(await rootParts(), wish.exec, modules.slice(0, 1))));
  const { seen, listener } = recorder();
  let during: FirmwareState | undefined;
  await naming(folder, async () => {
    const running: Machine = await startMachine({
      command: ({ firmware, console: line }) => {
        const socket = `${firmware}.scmi`;
        const daemon = formatCommand([program, '--map', map, '--model', firmware, '--socket-path', socket]);
        const memory = ['-object', 'memory-backend-memfd,id=m,size=512M,share=on'];
        const words = formatCommand([
          ...(qemu as [string, ...string[]]),
          ...['-machine', 'virt,gic-version=3,memory-backend=m', ...memory, ...machine],
          ...['-nodefaults', '-display', 'none', '-no-reboot', '-kernel', vmlinuz, '-initrd', initrd],
          ...['-dtb', dtb, '-append', 'console=ttyAMA0 rdinit=/init quiet'],
          ...['-chardev', `socket,id=console,path=${line}`, '-serial', 'chardev:console'],
          ...['-chardev', `socket,id=scmi,path=${socket}`],
          ...['-device', 'vhost-user-scmi-pci,chardev=scmi,romfile='],
        ]);
        const wait = `while [ ! -S ${socket} ]; do sleep 0.1; done`;
        return ['sh', '-c', `${daemon} & ${wait}; exec ${words}`];
      },
      folder,
      signal: AbortSignal.timeout(900_000),
      ...(wish.script === undefined ? {} : { script: wish.script }),
      listener: {
        ...listener,
        onMark: (words) => {
          listener.onMark?.(words);
          if (words[0] === 'look') during = running.firmware.snapshot();
          if (words[0] === 'kill') running.kill('SIGKILL');
        },
      },
    });
    const before = running.firmware.snapshot();
    await running.ended.catch((error: unknown) => {
      if (!running.killed) throw error;
    });
    const said = await readFile(join(folder, 'qemu.log'), 'utf8');
    await check({ ...seen, before, during, after: running.firmware.snapshot(), said });
  });
}
