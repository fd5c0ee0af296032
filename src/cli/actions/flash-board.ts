// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { formatCommand } from '../../command.ts';
import { type BoardBundle, readBundle } from '../../deploy/bundle-files.ts';
import { requireKernel } from '../../deploy/bundle-manifest.ts';
import { Board } from '../../deploy/deploy.ts';
import { isEmpty, planDeploy } from '../../deploy/deploy-plan.ts';
import { formatFindings } from '../../deploy/finding.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { checkFlashHost } from '../../flash/flash-host.ts';
import {
  BOARDS,
  type FirstUser,
  flashScriptCommand,
  type Preparation,
  prepareRootfs,
} from '../../flash/flash-plan.ts';
import { keepOff } from '../../flash/keep-off.ts';
import {
  chooseBoard,
  type FlashContext,
  readRelease,
  requireSameModule,
  runAsRoot,
  waitForBoot,
} from '../../flash/prepare.ts';
import type { RecoveryDevice } from '../../flash/recovery.ts';
import { readRootfs } from '../../flash/rootfs-state.ts';
import { requireConf, skuNote } from '../../flash/same-board.ts';
import { exec } from '../../tools/process/exec.ts';
import { hasProgram } from '../../tools/process/programs.ts';
import type { CliContext } from '../context.ts';
import type { FlashJob } from '../flags/flash-flags.ts';
import { TOOL_ROOT } from '../places.ts';

/** Prepare Linux_for_Tegra, put the bundle into its root file system, and write it to the board. */
export async function flash(job: FlashJob, cli: CliContext): Promise<void> {
  const { BPMP_VIRT_ROOT: root = '/' } = cli.env;
  const sys = join(root, 'sys');
  const { board, bundle } = await whatIsFlashed(job, sys, cli);
  await checkHost(job, root, cli);

  const command = flashScriptCommand({
    kind: board.kind,
    storage: job.storage,
    prepareOnly: !job.flash,
    ...(job.board === undefined ? {} : { board: job.board }),
    ...(job.usb === undefined ? {} : { usb: job.usb }),
  });
  const rootfs = job.rootfs === undefined ? undefined : resolve(cli.cwd, job.rootfs);
  const preparations = prepareRootfs(await readRootfs(job.l4t, job.rootfsReady), rootfs, firstUser(job, cli));
  const last: Preparation = { command, why: 'it mounts images and writes to the board by USB' };
  const off = keepOff(root);
  if (job.dryRun === true)
    return showCommands(job, preparations, job.flash ? [off.begin, last, off.end] : [last], cli);

  if (job.flash && job.yes !== true) await confirm(board, job, cli);
  const ctx = { ...flashContext(job, cli), board };
  for (const preparation of preparations) await runAsRoot(preparation, ctx);
  await putIntoRootfs(job, bundle, ctx);
  await (job.flash ? withoutAutomounters(off, last, ctx) : runAsRoot(last, ctx));
  cli.print(`log      ${ctx.log}`);
  if (job.flash && job.wait > 0) await firstBoot(job, sys, cli);
}

/** The board and the bundle, where they are for each other. @throws {UsageError} or {EnvironmentError} they are not */
async function whatIsFlashed(job: FlashJob, sys: string, cli: CliContext) {
  const release = await readRelease(job.l4t);
  const board = await chooseBoard(sys, job.usb);
  cli.print(
    `board    ${board.module}, in recovery mode on USB ${board.usb}\nrelease  Jetson Linux ${release}`,
  );
  const bundle = await readBundle(job.bundle, join(TOOL_ROOT, 'board'));
  requireSameModule(board, bundle.boards, job.board);
  requireKernel(bundle.kernel, job.storage === 'emmc' ? 'mmc' : 'nvme');
  await requireConf(job.l4t, job.board ?? BOARDS[board.kind]);
  const note = skuNote(board.skus, bundle.skus);
  if (note !== undefined) cli.print(`note     ${note}`);
  return { board, bundle };
}

async function firstBoot({ wait }: FlashJob, sys: string, cli: CliContext): Promise<void> {
  cli.print('The board boots for the first time. Leave its power on until this command ends.');
  await waitForBoot(sys, wait, cli.signal);
  cli.print('The board is up: `bpmp-virt doctor --target ssh://USER@192.168.55.1`.');
}

async function checkHost(job: FlashJob, root: string, cli: CliContext): Promise<void> {
  const findings = await checkFlashHost({
    root,
    l4t: job.l4t,
    arch: process.arch,
    hasProgram,
    // Where it is the programs of this machine that are looked at.
    ...(root === '/' ? { hasYaml } : {}),
  });
  const bad = findings.filter((finding) => finding.state !== 'ok');
  if (bad.length > 0) cli.print(formatFindings(bad));
  if (bad.every((finding) => finding.state === 'warn') || job.dryRun === true) return;
  throw new EnvironmentError('this machine cannot flash yet', 'The lines with -> say what fixes each.');
}

function firstUser({ user }: FlashJob, { env }: CliContext): FirstUser | undefined {
  if (user === undefined) return undefined;
  const { BPMP_VIRT_PASSWORD: password } = env;
  if (password === undefined || password === '')
    throw new UsageError(
      '--user needs a password',
      'Put it into the environment variable BPMP_VIRT_PASSWORD.',
    );
  return { name: user, password, host: 'orin' };
}

/** However the flash ends, the rule goes again. */
async function withoutAutomounters(
  { begin, end }: ReturnType<typeof keepOff>,
  last: Preparation,
  ctx: FlashContext,
): Promise<void> {
  await runAsRoot(begin, ctx);
  try {
    await runAsRoot(last, ctx);
  } finally {
    await runAsRoot(end, { ...ctx, signal: new AbortController().signal });
  }
}

function showCommands(
  job: FlashJob,
  before: readonly Preparation[],
  after: readonly Preparation[],
  cli: CliContext,
): void {
  const line = ({ command, secret }: Preparation) => {
    const [program, ...args] = command;
    return `sudo ${formatCommand([program, ...args.map((word) => (word === secret ? '…' : word))])}`;
  };
  const bundle = `# the bundle ${job.bundle} goes into rootfs/, with a second boot entry`;
  cli.print([`cd ${job.l4t}`, ...before.map(line), bundle, ...after.map(line)].join('\n'));
}

async function confirm(board: RecoveryDevice, job: FlashJob, cli: CliContext): Promise<void> {
  if (!cli.isTerminal || !process.stdin.isTTY)
    throw new UsageError(
      `this erases ${job.storage} of the board, and nobody is there to ask`,
      'Add --yes if that is meant.',
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Erase ${job.storage} of ${board.module}? Type "erase": `, {
      signal: cli.signal,
    });
    if (answer.trim() !== 'erase') throw new UsageError('not flashed', 'Nothing was changed.');
  } finally {
    terminal.close();
  }
}

function flashContext(job: FlashJob, cli: CliContext): FlashContext {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return {
    l4t: job.l4t,
    log: join(job.work, 'logs', `flash-${stamp}.log`),
    emit: (event) => {
      if (event.type === 'note') cli.print(event.text);
      else if (event.type === 'command') cli.print(`$ ${event.line}`);
      else if (event.type === 'output') cli.print(`  ${event.text}`);
    },
    signal: cli.signal,
    isRoot: process.getuid?.() === 0,
  };
}

/** The same as deploy does over ssh, in the root file system that is about to be written. */
async function putIntoRootfs(job: FlashJob, bundle: BoardBundle, ctx: FlashContext): Promise<void> {
  const boardFolder = join(TOOL_ROOT, 'board');
  const reach = { target: { kind: 'local' }, signal: ctx.signal, emit: () => undefined } as const;
  const rootfs = await Board.open(reach, boardFolder, join(job.l4t, 'rootfs'));
  // flash.sh puts the initial RAM disk there itself, later.
  const seen = await rootfs.facts(bundle.files.map(({ to }) => to));
  const facts = { ...seen, absent: new Set<string>(), isRootfs: true };
  const plan = planDeploy(bundle, facts, 'keep', new Date());
  ctx.emit({
    type: 'note',
    text: `bundle ${bundle.id}: ${plan.install.length} files and a boot entry into rootfs/`,
  });
  if (!isEmpty(plan)) await rootfs.apply(plan);
}

async function hasYaml(): Promise<boolean> {
  return exec(['python3', '-c', 'import yaml'], '/', { emit: () => undefined }).then(
    () => true,
    () => false,
  );
}
