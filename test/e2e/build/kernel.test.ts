// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/tools/build/kconfig.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { labKernel } from '../../helpers/lab/lab.ts';

/** Offset of the magic number in an arm64 Image (Documentation/arch/arm64/booting.rst). */
const MAGIC_AT = 0x38;

describe('the lab kernel, made by the product’s own steps', () => {
  it('is an arm64 Image with both proxies, and Orin’s device trees beside it', async () => {
    const { out, image } = await labKernel({ name: 'lab' });
    const bytes = await readFile(image);
    expect(bytes.subarray(MAGIC_AT, MAGIC_AT + 4).toString('latin1')).toBe('ARM\x64');
    expect(bytes.includes('Linux version 6.12.')).toBe(true);
    const config = parseConfig(await readFile(join(out, '.config'), 'utf8'));
    expect(config.get('CONFIG_TEGRA_BPMP_HOST_PROXY')).toBe('y');
    expect(config.get('CONFIG_TEGRA_BPMP_GUEST_PROXY')).toBe('y');
    expect(config.get('CONFIG_LOCALVERSION')).toBe('"-bpmp"');
    const tree = 'arch/arm64/boot/dts/nvidia/tegra234-p3737-0000+p3701-0000.dtb';
    expect(await exists(join(out, tree))).toBe(true);
  });

  it('tells of no machine, user, folder or time of its build', async () => {
    const { image, src, out } = await labKernel({ name: 'lab' });
    const text = (await readFile(image)).toString('latin1');
    expect(/Linux version [^\n]*/.exec(text)?.[0]).toMatch(
      /^Linux version 6\.12\.\d+-bpmp \(bpmp-virt@bpmp-virt\) .* #1 SMP .*Wed, 01 Jan 2025 00:00:00 GMT/,
    );
    expect(text.includes(src)).toBe(false);
    expect(text.includes(out)).toBe(false);
    // Nor of where the build folder is, seen from the tree.
    expect(text).not.toMatch(/\.\.\/[\w/.-]*init\/main\.c/);
    expect(text).toContain('./init/main.c');
  });

  it('says of a symbol that cannot be had what it depends on', async () => {
    const wish = labKernel({ name: 'unmet', fragments: ['test/fixtures/kconfig/unmet.config'] });
    await expect(wish).rejects.toThrow(
      /CONFIG_USB_XHCI_TEGRA is n, wanted y\n.*needs .*PHY_TEGRA_XUSB \(is n\)/,
    );
    await expect(wish).rejects.toThrow(/CONFIG_NO_SUCH_SYMBOL is n, wanted y\n.*no such symbol/);
  });
});
