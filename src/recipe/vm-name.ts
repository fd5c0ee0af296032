// SPDX-License-Identifier: Apache-2.0

/** Names that files and folders of a bundle or of a board have already: a machine called so would be mixed with them. */
const TAKEN: readonly string[] = [
  ...['dtb', 'modules', 'Image', 'guest.dtb', 'host.dtbo', 'run-vm.sh', 'doctor.sh', 'deploy.sh'],
  ...['qemu-system-aarch64', 'manifest.json', 'SHA256SUMS', 'end-trial'],
];
/** Longest name of a machine: with `bpmp-virt-` and `.service` it is far below systemd's 255. */
const LONGEST = 64;

/**
 * What speaks against a name that becomes part of a path and of a unit's name; undefined where nothing does. The same
 * rule holds for recipes, `--vm`, `--set VM_NAME=` and, in its own words, for run-vm.sh.
 */
export function vmNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return 'must consist of letters, digits, `.`, `_` and `-`';
  if (/^[.-]/.test(name)) return 'must not begin with a dot or a dash';
  if (name.length > LONGEST) return `must not be longer than ${LONGEST}`;
  const isTaken = TAKEN.some((each) => each.toLowerCase() === name.toLowerCase());
  return isTaken ? 'is the name of a file or folder of every bundle or board' : undefined;
}
