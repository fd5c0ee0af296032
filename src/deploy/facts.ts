// SPDX-License-Identifier: Apache-2.0

/** What the board's side says of the board. An empty text is what the board does not have. */
export type Facts = {
  /** First line of /etc/nv_tegra_release. */
  readonly release: string;
  readonly kernel: string;
  /** Another one after each boot. */
  readonly bootId: string;
  readonly cmdline: string;
  readonly compatible: readonly string[];
  readonly secureBoot: boolean;
  /** L4TDefaultBootMode; undefined where the variable is not set. */
  readonly bootMode: number | undefined;
  readonly freeKib: number;
  /** The device that is mounted on /boot; empty where /boot is a folder of the root. */
  readonly bootMount: string;
  /** nvbootctrl's words on the slots of the root file system; empty without A/B. */
  readonly slot: string;
  readonly slots: string;
  readonly extlinux: { readonly text: string; readonly sha256: string } | undefined;
  /** Initial RAM disks that extlinux.conf names and that are not there. */
  readonly absent: ReadonlySet<string>;
  /** sha256 of files that have arrived and are not in place. */
  readonly staged: ReadonlySet<string>;
  /** Files that we put on the board → their sha256, `missing` where one is gone. */
  readonly deployed: ReadonlyMap<string, string>;
};

/** Read the `key value` lines of `deploy.sh facts`. */
export function parseFacts(text: string): Facts {
  const lines = text.split('\n').map((line) => {
    const at = line.indexOf(' ');
    return { key: line.slice(0, at), value: line.slice(at + 1).trim() };
  });
  const all = (key: string) => lines.filter((line) => line.key === key).map((line) => line.value);
  const one = (key: string) => all(key)[0] ?? '';
  const extlinux = one('extlinux-sha256');
  return {
    release: one('release'),
    kernel: one('kernel'),
    bootId: one('boot-id'),
    cmdline: one('cmdline'),
    compatible: one('compatible').split(' ').filter(Boolean),
    secureBoot: one('secure-boot') === '1',
    bootMode: one('boot-mode') === '' ? undefined : Number(one('boot-mode')),
    freeKib: Number(one('free-kib')),
    bootMount: one('boot-mount'),
    slot: one('slot'),
    slots: one('slots'),
    // latin1 keeps every byte of a file that may hold anything.
    extlinux:
      extlinux === ''
        ? undefined
        : { text: Buffer.from(one('extlinux'), 'base64').toString('latin1'), sha256: extlinux },
    absent: new Set(all('absent')),
    staged: new Set(all('staged')),
    deployed: new Map(
      all('deployed').map((value) => [value.slice(value.indexOf(' ') + 1), value.split(' ')[0] ?? '']),
    ),
  };
}
