// SPDX-License-Identifier: Apache-2.0

/** What the board's side says of the board. An empty text is what the board does not have. */
export type BoardFacts = {
  /** A root file system to be flashed: it runs nothing, so there is nothing to compare with. */
  readonly isRootfs?: boolean;
  /** First line of /etc/nv_tegra_release. */
  readonly release: string;
  readonly kernel: string;
  /** Of the module, as its firmware says. */
  readonly serial: string;
  /** Another one after each boot. */
  readonly bootId: string;
  readonly cmdline: string;
  readonly compatible: readonly string[];
  readonly secureBoot: boolean;
  /** Whether the kernel was started by UEFI, so that its variables can be read. */
  readonly hasEfi: boolean;
  /** L4TDefaultBootMode; undefined where the variable is not set. */
  readonly bootMode: number | undefined;
  readonly freeKib: number;
  /** The device that is mounted on /boot; empty where /boot is a folder of the root. */
  readonly bootMount: string;
  /** The device that is mounted on /. */
  readonly rootMount: string;
  /** The name of its partition, `APP` as NVIDIA lays a disk out; empty where the board cannot tell. */
  readonly rootPart: string;
  /** Its file system: `ext4`. */
  readonly rootType: string;
  /** What a root= names, of the command line and of extlinux.conf → its device, `-` where the board has none; absent: it cannot tell. */
  readonly rootDevices: ReadonlyMap<string, string>;
  /** nvbootctrl's words on the slots of the root file system; empty without A/B. */
  readonly slot: string;
  readonly slots: string;
  readonly extlinux: { readonly text: string; readonly sha256: string } | undefined;
  /** Initial RAM disks that extlinux.conf names and that are not there. */
  readonly absent: ReadonlySet<string>;
  /** sha256 of files that have arrived and are not in place. */
  readonly staged: ReadonlySet<string>;
  /** Our markers in the boot menu as the board keeps them beside it, a line each. */
  readonly markers: string;
  /** A deployment was cut off, and its folder is still there. */
  readonly hasStage: boolean;
  /** Files that we put on the board → their sha256 now, `missing` where one is gone. */
  readonly deployed: ReadonlyMap<string, string>;
  /** The same → the sums that they had from us: several after a deployment that was cut off, `-` where none is on record. */
  readonly put: ReadonlyMap<string, ReadonlySet<string>>;
  /** What is where a deployment wants to put a file, and is not ours → its sha256, `-` for what is not a file. */
  readonly here: ReadonlyMap<string, string>;
};

/** Read the `key value` lines of `deploy.sh facts`. */
export function parseFacts(text: string): BoardFacts {
  const lines = text.split('\n').map((line) => {
    const at = line.indexOf(' ');
    return { key: line.slice(0, at), value: line.slice(at + 1).trim() };
  });
  const all = (key: string) => lines.filter((line) => line.key === key).map((line) => line.value);
  const one = (key: string) => all(key)[0] ?? '';
  const extlinux = one('extlinux-sha256');
  /** `word rest` values as pairs of rest and word. */
  const pairs = (key: string) =>
    all(key).map((value) => [value.slice(value.indexOf(' ') + 1), value.split(' ')[0] ?? ''] as const);
  return {
    release: one('release'),
    kernel: one('kernel'),
    serial: one('serial'),
    bootId: one('boot-id'),
    cmdline: one('cmdline'),
    compatible: one('compatible').split(' ').filter(Boolean),
    secureBoot: one('secure-boot') === '1',
    hasEfi: one('efi') === '1',
    bootMode: one('boot-mode') === '' ? undefined : Number(one('boot-mode')),
    freeKib: Number(one('free-kib')),
    bootMount: one('boot-mount'),
    rootMount: one('root-mount'),
    rootPart: one('root-part'),
    rootType: one('root-type'),
    rootDevices: new Map(pairs('root-spec').map(([device, spec]) => [spec, device])),
    slot: one('slot'),
    slots: one('slots'),
    // latin1 keeps every byte of a file that may hold anything.
    extlinux:
      extlinux === ''
        ? undefined
        : { text: Buffer.from(one('extlinux'), 'base64').toString('latin1'), sha256: extlinux },
    absent: new Set(all('absent')),
    staged: new Set(all('staged')),
    markers: Buffer.from(one('marker'), 'base64').toString('latin1'),
    hasStage: one('stage-left') === '1',
    deployed: new Map(pairs('deployed')),
    put: grouped(pairs('put')),
    here: new Map(pairs('here')),
  };
}

function grouped(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [path, sum] of pairs) found.set(path, (found.get(path) ?? new Set()).add(sum));
  return found;
}
