// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { formatCommand, shellQuote } from '../../command.ts';
import type { StepOptions } from '../../plan/step-options.ts';
import { ARM64_LIBRARIES, shellEnv } from '../../tools/build/cross.ts';
import { describeSlirp, SLIRP_SOURCE } from '../../tools/build/static-slirp.ts';
import type { ShellContext } from '../step.ts';
import { aptLine, hereFile, openAptLines, sourcePackageLines } from './apt.ts';

type Options = StepOptions['build-sysroot'];

/**
 * Of the packages in `stanzas`, what development packages they need that are not among them: `resolveDevelopment` in awk. `pins`
 * are exact versions, `NAME=VERSION` each.
 */
const NEEDS = String.raw`
BEGIN { split(pins, words, " "); for (i in words) { at = index(words[i], "="); pin[substr(words[i], 1, at - 1)] = words[i] } }
function names(list, into,    count, i, parts) {
    count = split(list, parts, ",")
    for (i = 1; i <= count; i++) {
        sub(/\|.*/, "", parts[i]); sub(/^ +/, "", parts[i]); sub(/[ :(].*/, "", parts[i])
        into[parts[i]]
    }
}
/^Package: / { there[$2] }
/^Provides: / { names(substr($0, 11), there) }
/^Depends: / { names(substr($0, 10), needed) }
END { for (name in needed) if (name ~ /^(lib|zlib|linux-libc).*-dev$/ && !(name in there)) print ((name in pin) ? pin[name] : name) }
`;
const VERSIONS = '/^Package: / { name = $2 } /^Version: / { print name "=" $2 }';

/** The sysroot by hand: the packages, the development packages that they need, and a static libslirp. */
export async function sysrootLines(options: Options, ctx: ShellContext): Promise<readonly string[]> {
  const { packages, architecture, mirror, suites, versions = {} } = options;
  const exact = (name: string) => (versions[name] === undefined ? name : `${name}=${versions[name]}`);
  const pins = Object.entries(versions).map(([name, version]) => `${name}=${version}`);
  const into = shellQuote(ctx.path(options.into));
  return [
    ...(await openAptLines('apt', { mirror, suites, architecture }, ctx)),
    `: >stanzas && want=${shellQuote(packages.map(exact).join(' '))}`,
    'while [ -n "$want" ]; do',
    '    # shellcheck disable=SC2086 # one word a package',
    `    ${aptLine('apt', ['apt-cache', 'show', '--no-all-versions'])} $want >>stanzas`,
    '    before=$want',
    `    want=$(awk -v pins=${shellQuote(pins.join(' '))} '${NEEDS}' stanzas)`,
    '    [ "$want" != "$before" ] || { echo "the archive lacks: $want" >&2; exit 1; }',
    'done',
    `awk '${VERSIONS}' stanzas | sort -u | xargs ${aptLine('apt', ['apt-get', 'download'])}`,
    `rm -rf ${into} && mkdir ${into}`,
    `for deb in ./*.deb; do dpkg-deb -x "$deb" ${into}; done`,
    ...(packages.includes('libslirp-dev') ? await slirpLines(options, ctx) : []),
  ];
}

async function slirpLines(
  { into, mirror, suites, versions }: Options,
  ctx: ShellContext,
): Promise<readonly string[]> {
  const version = versions?.[`src:${SLIRP_SOURCE}`];
  const sysroot = ctx.path(into);
  const scratch = `${sysroot}.slirp`;
  const slirp = describeSlirp({ sysroot, scratch }, {});
  const env = shellEnv(slirp.env);
  const there = shellQuote(join(sysroot, ARM64_LIBRARIES, 'libslirp.a'));
  return [
    `if [ ! -e ${there} ]; then`,
    `rm -rf ${shellQuote(scratch)} && mkdir ${shellQuote(scratch)}`,
    ...(await openAptLines('apt-source', { mirror, suites }, ctx)),
    ...sourcePackageLines(
      'apt-source',
      version === undefined ? SLIRP_SOURCE : `${SLIRP_SOURCE}=${version}`,
      slirp.source,
    ),
    hereFile(shellQuote(slirp.cross), slirp.crossFile),
    ...[slirp.setup, ...slirp.build].map((command) => `${env} ${formatCommand(command)}`),
    `rm -rf ${shellQuote(scratch)}`,
    'fi',
  ];
}
