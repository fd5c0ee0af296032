// SPDX-License-Identifier: Apache-2.0

/** A release of Jetson Linux that no recipe here is for: why, where there is a reason, and what to take. */
export type OtherRelease = { readonly why?: string; readonly use: string };

const NEWEST = 'l4t-36.5';

/**
 * Releases by how their number begins, the longest first. Sources: OE4T/meta-tegra and anduril/jetpack-nixos (which archives
 * there are, with their sums), NVIDIA's release notes (boards and kernels), VC-MIPI-modules/vc_mipi_nvidia (36.5.2).
 */
const OTHERS: readonly (readonly [begins: string, release: OtherRelease])[] = [
  [
    '36.4.7',
    {
      why: 'it was published as Debian packages alone, for boards that run 36.4.x; its sources have a tag, and there is no BSP of it',
      use: 'l4t-36.4.4',
    },
  ],
  ['36.4.5', { why: 'no BSP of it was published', use: 'l4t-36.4.4' }],
  ['36.5.1', { why: 'no BSP of it was published', use: NEWEST }],
  ['36.5.2', { why: 'its sources are posted, and its BSP was not there when people looked', use: NEWEST }],
  ...['36.2', '36.3', '36.4', '36.5'].map((short): readonly [string, OtherRelease] => [
    `${short}.0`,
    { why: 'its recipe has a shorter name', use: `l4t-${short}` },
  ]),
  ['36.', { use: NEWEST }],
  ['38.', { why: 'it is for Jetson Thor (Tegra264, kernel 6.8) alone', use: NEWEST }],
  [
    '39.',
    {
      why: 'it is JetPack 7.2 (kernel 6.8, Ubuntu 24.04, for Orin and Thor): nobody has tried its firmware with an entry of ours',
      use: NEWEST,
    },
  ],
  ['35.', { why: 'its firmware and device trees are of JetPack 5', use: NEWEST }],
  ['34.', { why: 'its firmware and device trees are of JetPack 5', use: NEWEST }],
  ['32.', { why: 'it is of JetPack 4, which knows no Orin', use: NEWEST }],
];

/** What there is to say of a release that has no recipe; undefined for what is not a release. */
export function otherRelease(release: string): OtherRelease | undefined {
  const whole = `${release}.`;
  return OTHERS.find(([begins]) => whole.startsWith(begins.endsWith('.') ? begins : `${begins}.`))?.[1];
}

/** The release that a board’s or a BSP’s nv_tegra_release names in its first line: `36.3.0`; undefined where none. */
export function releaseOfLine(line: string): string | undefined {
  const [, major, revision] = /^# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(line) ?? [];
  return major === undefined || revision === undefined ? undefined : `${major}.${revision}`;
}

/** `l4t-39.2.yaml` → `39.2`; undefined for another name. */
export function releaseOfName(file: string): string | undefined {
  return /(?:^|\/)l4t-(\d+(?:\.\d+)+)(?:\.yaml)?$/.exec(file)?.[1];
}
