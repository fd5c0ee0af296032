// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import { EnvironmentError, UsageError } from '../errors.ts';
import type { KernelAbilities, StorageAbility } from '../plan/kernel-abilities.ts';
import { readText } from '../read-file.ts';
import { isCode } from '../tools/files/write-file.ts';

const symbols = z.array(z.string());
/** What deploy asks of manifest.json; it has more. */
const manifestShape = z.object({
  kernel: z.object({
    for: z.enum(['jetson', 'emulation']),
    lacks: symbols,
    storage: z.object({ mmc: symbols, nvme: symbols, usb: symbols, dm: symbols }),
  }),
  files: z.array(z.object({ file: z.string(), sha256: z.string() })),
});

/**
 * What the manifest says that the kernel can; undefined where it does not say, or is about another Image.
 *
 * @param image sha256 of the bundle's Image
 */
export async function readAbilities(
  folder: string,
  image: string | undefined,
): Promise<KernelAbilities | undefined> {
  try {
    const text = await readText(join(folder, 'manifest.json'));
    const { success, data } = manifestShape.safeParse(JSON.parse(text));
    if (!success) return undefined;
    return data.files.some(({ file, sha256 }) => file === 'Image' && sha256 === image)
      ? data.kernel
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UsageError || isCode(error, 'ENOENT'))
      return undefined;
    throw error;
  }
}

/** What the kernel of the bundle in `folder` is for, as its manifest says; undefined where that does not say. */
export async function madeFor(folder: string): Promise<KernelAbilities['for'] | undefined> {
  try {
    return manifestShape.safeParse(JSON.parse(await readText(join(folder, 'manifest.json')))).data?.kernel
      .for;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UsageError || isCode(error, 'ENOENT'))
      return undefined;
    throw error;
  }
}

const BUILD =
  'Build a recipe for a board (`bpmp-virt build l4t-36.3`), and name its work folder with --work.';

/**
 * The bundle's kernel has to boot an Orin, and to find its root file system.
 *
 * @param storage where that is; undefined where nobody knows: then the kernel has to know both disks that boards have
 * @throws {EnvironmentError} it cannot, or the manifest does not say; nothing was changed
 */
export function requireKernel(
  kernel: KernelAbilities | undefined,
  storage: StorageAbility | undefined,
): void {
  if (kernel === undefined)
    throw new EnvironmentError(
      'the bundle’s manifest.json does not say what its Image can: whether it boots this board cannot be seen',
      `${BUILD} A bundle of an older bpmp-virt, or one whose Image was put there by hand, is built anew by the same command.`,
    );
  if (kernel.for !== 'jetson')
    throw new EnvironmentError(
      `the bundle’s kernel is for emulated machines and boots no Orin: it lacks ${shortList(kernel)}`,
      `${BUILD} \`run --emulate\` is what runs this one.`,
    );
  const either: readonly StorageAbility[] = ['mmc', 'nvme'];
  const wanted = storage === undefined ? either : storage === 'dm' ? [storage, ...either] : [storage];
  const lacks = wanted.flatMap((name) => kernel.storage[name]);
  if (lacks.length === 0) return;
  throw new EnvironmentError(
    `the bundle’s kernel cannot mount a root file system on ${wanted.join(', ')} by itself: it lacks ${lacks.join(', ')}`,
    'Set these symbols to y in a fragment of the recipe: the board’s initial RAM disk holds modules of its own kernel only.',
  );
}

/** Enough to recognise the fault by; a small kernel lacks dozens. */
function shortList({ lacks, storage }: KernelAbilities): string {
  const all = [...lacks, ...storage.mmc, ...storage.nvme];
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return `${all.slice(0, NAMED).join(', ')}${more}`;
}

const NAMED = 6;

/** What holds a root file system, by the name of its device; undefined for what is not a name of such a disk. */
export function storageOf(device: string): StorageAbility | undefined {
  if (/^\/dev\/mmcblk\d/.test(device)) return 'mmc';
  if (/^\/dev\/nvme\d/.test(device)) return 'nvme';
  if (/^\/dev\/(?:dm-|mapper\/)/.test(device)) return 'dm';
  return /^\/dev\/sd[a-z]/.test(device) ? 'usb' : undefined;
}
