// SPDX-License-Identifier: Apache-2.0
import { formatCommand } from '../../command.ts';
import hostPackages from './host-packages.json' with { type: 'json' };

/** What a step asks for → the package of Debian and Ubuntu that has it, where that is not its own name. scripts/setup.sh reads the same. */
const PACKAGES: Readonly<Record<string, string>> = hostPackages.packages;

/** The packages that bring `tools`, each once, sorted. */
function packagesOf(tools: readonly string[]): readonly string[] {
  return [...new Set(tools.flatMap((tool) => (PACKAGES[tool] ?? tool).split(' ')))].sort();
}

/** The line that installs `tools`, to be shown to a person: we never run it ourselves. */
export function aptLine(tools: readonly string[]): string {
  return formatCommand(['sudo', 'apt-get', 'install', '--no-install-recommends', ...packagesOf(tools)]);
}
