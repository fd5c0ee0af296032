// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { BOARD_FOLDER } from '../launch/unit-files.ts';
import type { KernelAbilities } from '../plan/kernel-abilities.ts';
import { hashFile, readBytes } from '../read-file.ts';
import { isCode } from '../tools/files/write-file.ts';
import { readAbilities } from './bundle-manifest.ts';
import { requireSums } from './bundle-sums.ts';

/** One file on its way to the board. */
export type BoardFile = {
  /** Absolute, on this machine. */
  readonly from: string;
  /** Absolute, on the board. */
  readonly to: string;
  /** Octal permissions. */
  readonly mode: string;
  readonly sha256: string;
  readonly bytes: number;
};

/** A bundle as the board gets it. */
export type BoardBundle = {
  /** First digits of the sum over all that the entry boots: another kernel or tree, another id. */
  readonly id: string;
  readonly files: readonly BoardFile[];
  readonly linux: string;
  readonly fdt: string;
  readonly overlays: readonly string[];
  /** Boards that the device tree is for: `p3737`, `p3701`. */
  readonly boards: readonly string[];
  /** Modules and carriers with their SKU that it is for: `3701-0000`. */
  readonly skus: readonly string[];
  /** What its manifest says that the kernel can; undefined where it says nothing of this very kernel. */
  readonly kernel: KernelAbilities | undefined;
};

/** Files of the bundle that the boot loader reads. */
const BOOT_FILES = /^(Image|dtb\/[^/]+|host\.dtbo)$/;
/** Length of an id: enough to tell deployments apart, short enough for a menu. */
const ID_DIGITS = 12;
/** A service of ours goes where systemd looks for it; enabling it is the owner's choice. */
const UNIT = /^(?:[^/]+\/)?([^/]+\.service)$/;

/** The board's side of deploy, and the service that ends a boot on trial: our own files, in no bundle. */
const OWN_FILES = {
  'deploy.sh': `${BOARD_FOLDER}/deploy.sh`,
  'end-trial.service': '/etc/systemd/system/bpmp-virt-end-trial.service',
  'end-trial.conf': '/etc/systemd/system/sysinit.target.d/bpmp-virt-end-trial.conf',
} as const;

/**
 * What of a bundle goes where on a board, hashed. `boardFolder` is this package's board/.
 *
 * @throws {UsageError} `folder` is not a bundle, or not as its SHA256SUMS has it
 */
export async function readBundle(folder: string, boardFolder: string): Promise<BoardBundle> {
  const names = await listFiles(folder);
  const dtb = names.find((name) => name.startsWith('dtb/'));
  if (!names.includes('Image') || dtb === undefined)
    throw new UsageError(
      `${folder} is not a bundle: it has no Image, or no device tree in dtb/`,
      'Build one with `bpmp-virt build`, or name it with --bundle.',
    );
  const odd = names.find((name) => !/^[\w@%+=:,./ -]+$/.test(name));
  if (odd !== undefined)
    throw new UsageError(
      `the bundle has a file whose name cannot be sent to a board: ${JSON.stringify(odd)}`,
      'Build the bundle anew, or rename that file.',
    );
  const hashed = await Promise.all(
    names.map(async (name) => ({ name, ...(await describeFile(join(folder, name))) })),
  );
  await requireSums(folder, new Map(hashed.map(({ name, sha256 }) => [name, sha256])));
  const boot = hashed.filter(({ name }) => BOOT_FILES.test(name));
  const id = sumOf(boot.map(({ name, sha256 }) => `${sha256} ${name}\n`).join('')).slice(0, ID_DIGITS);
  const bootFolder = `/boot/bpmp-virt/${id}`;
  const files = hashed.map(({ name, sha256, bytes, mode }) => ({
    from: join(folder, name),
    to: BOOT_FILES.test(name) ? `${bootFolder}/${baseName(name)}` : boardPath(name),
    mode,
    sha256,
    bytes,
  }));
  const own = await Promise.all(
    Object.entries(OWN_FILES).map(async ([name, to]) => ({
      from: join(boardFolder, name),
      to,
      ...(await describeFile(join(boardFolder, name))),
    })),
  );
  const tree = (await readBytes(join(folder, dtb))).toString('latin1');
  return {
    id,
    files: [...files, ...own, ...shared(boot, folder)],
    linux: `${bootFolder}/Image`,
    fdt: `${bootFolder}/${baseName(dtb)}`,
    overlays: names.includes('host.dtbo') ? [`${bootFolder}/host.dtbo`] : [],
    kernel: await readAbilities(folder, boot.find(({ name }) => name === 'Image')?.sha256),
    boards: boardsOf(tree),
    skus: skusOf(tree),
  };
}

/** Guests boot the same Image, from where run-vm.sh is. */
function shared(boot: readonly Hashed[], folder: string): readonly BoardFile[] {
  return boot
    .filter(({ name }) => name === 'Image')
    .map(({ name, ...rest }) => ({ from: join(folder, name), to: `${BOARD_FOLDER}/${name}`, ...rest }));
}

function boardPath(name: string): string {
  const unit = UNIT.exec(name)?.[1];
  if (unit !== undefined) return `/etc/systemd/system/bpmp-virt-${unit}`;
  return name.startsWith('modules/') ? `/${name.slice('modules/'.length)}` : `${BOARD_FOLDER}/${name}`;
}

/** Whether deploy puts a file of the bundle elsewhere than into BOARD_FOLDER alone: what the boot loader, systemd or modprobe reads. */
export function isPutElsewhere(name: string): boolean {
  return name !== 'Image' && (BOOT_FILES.test(name) || !boardPath(name).startsWith(`${BOARD_FOLDER}/`));
}

/** The numbers of module and carrier in a text that has `p3737-0000+p3701-0000` in it. */
export function boardsOf(text: string): readonly string[] {
  return [
    ...new Set([...text.matchAll(/nvidia,(p\d{4})-\d{4}(?:\+(p\d{4}))?/g)].flatMap(([, a, b]) => [a, b])),
  ]
    .filter((board) => board !== undefined)
    .sort();
}

/** The same with the SKU: `3701-0000`. */
export function skusOf(text: string): readonly string[] {
  const names = [...text.matchAll(/nvidia,p(\d{4}-\d{4})(?:\+p(\d{4}-\d{4}))?/g)].flatMap(([, a, b]) => [
    a,
    b,
  ]);
  return [...new Set(names)].filter((sku) => sku !== undefined).sort();
}

type Hashed = {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mode: string;
};

async function describeFile(path: string): Promise<Omit<Hashed, 'name'>> {
  const { size, mode } = await stat(path);
  return { sha256: await hashFile(path), bytes: size, mode: (mode & 0o111) === 0 ? '644' : '755' };
}

async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  } catch (error) {
    if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new UsageError(
      `there is no bundle at ${folder}`,
      'Build one with `bpmp-virt build`, or name it with --bundle.',
    );
  }
}

/** sha256 of a text, as hex. */
export function sumOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
