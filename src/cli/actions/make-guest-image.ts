// SPDX-License-Identifier: Apache-2.0
import { link, mkdtemp, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { stageFiles } from '../../emulate/disk.ts';
import { guestRoot } from '../../emulate/guest-files.ts';
import { missingTools } from '../../engine/host-tools.ts';
import { UsageError } from '../../errors.ts';
import { DEBIAN, rootfs } from '../../recipe/source-schema.ts';
import { IMAGE_TOOLS } from '../../steps/make-debian-image.ts';
import type { AptContext } from '../../tools/apt/apt.ts';
import { fetchBusybox } from '../../tools/apt/arm64-package.ts';
import { exists } from '../../tools/files/folder.ts';
import { isCode } from '../../tools/files/is-code.ts';
import { makeFolder } from '../../tools/files/make-folder.ts';
import { type DebianGuest, makeDebianImage } from '../../tools/guest/debian-image.ts';
import { makeExt4 } from '../../tools/guest/ext4.ts';
import type { CliContext } from '../context.ts';
import type { ImageFlags } from '../flags/image-flags.ts';
import { TOOL_ROOT } from '../places.ts';
import { archiveContext } from './archive-context.ts';
import { explainMissing } from './host-check.ts';

/** As recipes have it, where SOURCE_DATE_EPOCH says nothing. */
const EPOCH = 1735689600;
const MIB = { debian: 2048, busybox: 24 } as const;

/**
 * Make the image `out`, whole or not at all; gives what to say of it.
 *
 * @throws {UsageError} a flag is wrong, or `out` is there
 * @throws {EnvironmentError} programs are missing, or the archive cannot be reached
 */
export async function makeGuestImage(flags: ImageFlags, cli: CliContext): Promise<string> {
  const out = resolve(cli.cwd, flags.out);
  const mib = flags.size ?? MIB[flags.kind];
  const guest = flags.kind === 'debian' ? debianGuest(flags, mib, cli) : undefined;
  if (await exists(out)) throw taken(out);
  const missing = await missingTools(IMAGE_TOOLS);
  if (missing.length > 0) throw await explainMissing(missing);
  const began = Date.now();
  const aside = await mkdtemp(join(dirname(out), `.${basename(out)}.part-`));
  try {
    const ctx = archiveContext(cli, flags, (event) => {
      if (flags.verbose === true) cli.warn(event.type === 'command' ? event.line : event.text);
    });
    const image = join(aside, 'image');
    if (guest === undefined) await makeBusybox(image, aside, mib, cli, ctx);
    else
      await makeDebianImage(image, guest, { scratch: aside, scripts: join(TOOL_ROOT, 'guest/image') }, ctx);
    await ctx.run(['sync', image], aside);
    await takePlace(image, out);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  const { blocks } = await stat(out);
  const seconds = Math.round((Date.now() - began) / 1000);
  return `${out}: ${mib} MiB, of which ${Math.ceil((blocks * 512) / 2 ** 20)} take room; made in ${seconds} s.`;
}

/** A link does not replace what came meanwhile, as a rename would. */
async function takePlace(image: string, out: string): Promise<void> {
  try {
    await link(image, out);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    throw taken(out, error);
  }
}

function taken(out: string, cause?: unknown): UsageError {
  return new UsageError(`${out} is there`, 'Name another file, or move that one away.', { cause });
}

/** The flags, held against the same rules as a recipe's `rootfs`. */
function debianGuest(flags: ImageFlags, mib: number, cli: CliContext): DebianGuest {
  const { user, hostname, key, autologin = false, suite, modules } = flags;
  const wanted = {
    ...{ kind: 'debian', user, autologin, packages: [...flags.package] },
    ...(key === undefined ? {} : { key: resolve(cli.cwd, key) }),
    ...(suite.length === 0 ? {} : { suites: [...suite] }),
  };
  const parsed = rootfs.safeParse(wanted);
  if (!parsed.success || parsed.data.kind !== 'debian') {
    const said = parsed.error?.issues.map(({ path, message }) => [path[0] ?? 'the image', message].join(' '));
    throw new UsageError(`${said?.join('; ')}`, 'bpmp-virt image guest --help says what each flag takes.');
  }
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(hostname))
    throw new UsageError(`'${hostname}' is not a host name`, 'Write lower case letters, digits and -.');
  const { suites, packages, key: file } = parsed.data;
  const more = modules === undefined ? {} : { modules: resolve(cli.cwd, modules) };
  const epoch = epochOf(cli);
  const given = file === undefined ? {} : { key: file };
  return { mirror: DEBIAN, suites, packages, user, hostname, autologin, mib, epoch, ...given, ...more };
}

function epochOf({ env }: CliContext): number {
  const epoch = Number(env.SOURCE_DATE_EPOCH ?? EPOCH);
  if (Number.isSafeInteger(epoch) && epoch > 0) return epoch;
  throw new UsageError('SOURCE_DATE_EPOCH is not a number of seconds', 'Unset it, or correct it.');
}

/** The root file system of the virtual Orin's guest, with a shell on its console. */
async function makeBusybox(image: string, scratch: string, mib: number, cli: CliContext, ctx: AptContext) {
  const root = join(scratch, 'root');
  const owners = join(scratch, 'owners');
  await makeFolder(root);
  const parts = { busybox: await fetchBusybox(ctx), scripts: join(TOOL_ROOT, 'guest') };
  await stageFiles(root, await guestRoot(parts));
  // Nothing in it has another owner than root, which fakeroot says by itself.
  await ctx.run(['fakeroot', '-s', basename(owners), '--', 'true'], scratch);
  await makeExt4(image, { root, owners, mib, epoch: epochOf(cli) }, ctx.run);
}
