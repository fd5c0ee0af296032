// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { TEGRA234_IDS } from '../../../src/dt/data/tegra234-ids.ts';
import { ID_HEADERS } from '../../../src/dt/tegra-ids.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/toy');
const HOST_TREE = 'tegra234-p3737-0000+p3701-0000';

/**
 * A kernel tree that builds in a moment: its Image is all that its real one would be made of, put together, so that another
 * patch, overlay or configuration gives another Image. TOY_SLEEP seconds pass in the middle.
 */
const KERNEL_MAKEFILE = `
O ?= .
IMAGE = $(O)/arch/arm64/boot/Image
allnoconfig:
	mkdir -p "$(O)" && grep -v '^$$' "$$KCONFIG_ALLCONFIG" >"$(O)/.config"
defconfig:
	mkdir -p "$(O)" && echo CONFIG_ARM64=y >"$(O)/.config"
olddefconfig:
	true
Image:
	mkdir -p "$(O)/arch/arm64/boot"
	echo 'CC parts of it'; (sleep $\${TOY_SLEEP:-0}) && echo 'LD vmlinux'
	cat "$(O)/.config" drivers/firmware/tegra/*.c drivers/firmware/tegra/*/*.c >"$(IMAGE)"
nvidia/%.dtb:
	mkdir -p "$(O)/arch/arm64/boot/dts/nvidia"
	dtc -q -@ -I dts -O dtb -o "$(O)/arch/arm64/boot/dts/$@" arch/arm64/boot/dts/nvidia/$*.dts
.PHONY: Image
`;

const BPMP_C = ['int tegra_bpmp_transfer(void)', '{', '\treturn 0;', '}', ''];

/** Adds a line to the toy's bpmp.c. */
function hookPatch(line: string): string {
  return [
    '--- a/drivers/firmware/tegra/bpmp.c',
    '+++ b/drivers/firmware/tegra/bpmp.c',
    '@@ -1,4 +1,5 @@',
    ' int tegra_bpmp_transfer(void)',
    ' {',
    `+\t/* ${line} */`,
    ' \treturn 0;',
    ' }',
    '',
  ].join('\n');
}

/**
 * QEMU's configure and program: the program knows only how to write the device tree of its machine. Building it takes
 * TOY_QEMU_SLEEP seconds.
 */
const QEMU_CONFIGURE = `#!/bin/sh
src=$(cd "$(dirname "$0")" && pwd)
cat >build.ninja <<END
rule make
  command = sleep \\$\\$\{TOY_QEMU_SLEEP:-0} && cat '$src/qemu.sh' >\\$out && chmod 755 \\$out
build qemu-system-aarch64: make
END
`;
const QEMU_PROGRAM = `#!/bin/sh
for word; do
  case $word in *dumpdtb=*) dtc -q -I dts -O dtb -o "\${word##*dumpdtb=}" <<'END'
@TREE@
END
  ;; esac
done
`;

/** Where the toys are: archives to be served, and a recipe for them. */
export type Toys = {
  /** Folder with linux.tar.gz and qemu.tar.gz. */
  readonly served: string;
  readonly recipe: string;
  readonly writePatch: (line: string) => void;
};

/** Make the trees and their archives below \`folder\`; the recipe fetches them from \`base\`, an http URL. */
export async function makeToys(folder: string, base: string): Promise<Toys> {
  const patches = join(folder, 'patches');
  const writePatch = (line: string) => {
    put(join(patches, 'series'), '0001-hook.patch\n');
    put(join(patches, '0001-hook.patch'), hookPatch(line));
  };
  writePatch('asks the guest proxy');
  put(join(folder, 'toy.config'), 'CONFIG_KVM=y\nCONFIG_TEGRA_BPMP=y\n');

  const linux = join(folder, 'trees/linux');
  put(join(linux, 'Makefile'), KERNEL_MAKEFILE);
  put(join(linux, 'drivers/firmware/tegra/bpmp.c'), BPMP_C.join('\n'));
  put(join(linux, 'drivers/firmware/tegra/Kconfig'), 'config TEGRA_BPMP\n\tbool\n');
  mkdirSync(join(linux, 'arch/arm64/boot/dts/nvidia'), { recursive: true });
  copyFileSync(join(FIXTURES, 'host.dts'), join(linux, `arch/arm64/boot/dts/nvidia/${HOST_TREE}.dts`));

  writeBindings(linux);

  const qemu = join(folder, 'trees/qemu');
  put(join(qemu, 'VERSION'), '7.2.22\n');
  put(join(qemu, 'configure'), QEMU_CONFIGURE, 0o755);
  const tree = readFileSync(join(FIXTURES, 'virt.dts'), 'utf8');
  put(
    join(qemu, 'qemu.sh'),
    QEMU_PROGRAM.replace('@TREE@', () => tree),
    0o755,
  );

  const served = join(folder, 'served');
  mkdirSync(served);
  const sums = { linux: await pack(folder, 'linux', served), qemu: await pack(folder, 'qemu', served) };
  const recipe = join(folder, 'toy.yaml');
  put(recipe, stringify(toyRecipe(base, sums)));
  return { served, recipe, writePatch };
}

/** The names of Tegra234's ids, as the real tree's dt-bindings have them. */
function writeBindings(linux: string): void {
  const defines = (ids: Readonly<Record<string, number>>) =>
    Object.entries(ids).map(([name, id]) => `#define ${name} ${id}`);
  const { clocks, resets, powerDomains, streams } = TEGRA234_IDS;
  const headings = { iso: 'ISO', niso0: 'NISO0', niso1: 'NISO1', shared: 'Shared' } as const;
  const spaces = Object.entries(streams).flatMap(([space, ids]) => [
    `/* ${headings[space as keyof typeof headings]} stream IDs */`,
    ...defines(ids),
  ]);
  const lines = {
    clocks: defines(clocks),
    resets: defines(resets),
    powerDomains: defines(powerDomains),
    streams: spaces,
  };
  for (const [part, file] of Object.entries(ID_HEADERS)) {
    put(join(linux, file), `${lines[part as keyof typeof lines].join('\n')}\n`);
  }
}

function toyRecipe(base: string, sums: { readonly linux: string; readonly qemu: string }) {
  const source = (name: 'linux' | 'qemu') => ({
    kind: 'http',
    urls: [`${base}/${name}.tar.gz`],
    sha256: sums[name],
  });
  return {
    version: 1,
    description: 'toy trees',
    kernel: {
      source: source('linux'),
      patches: './patches',
      base: 'allnoconfig',
      fragments: ['./toy.config'],
    },
    hostTree: `nvidia/${HOST_TREE}.dtb`,
    qemu: { version: '7.2', source: source('qemu'), builds: ['build'] },
    vms: [{ name: 'uart-vm', devices: ['uarta'] }],
  };
}

async function pack(folder: string, name: string, served: string): Promise<string> {
  const file = join(served, `${name}.tar.gz`);
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await execa('tar', [...plain, '-czf', file, '-C', join(folder, 'trees'), name]);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function put(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}
