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
  massFlashCommands,
  type Preparation,
  prepareRootfs,
} from '../../flash/flash-plan.ts';
import { keepOff } from '../../flash/keep-off.ts';
import {
  chooseAllBoards,
  chooseBoard,
  type FlashContext,
  readRelease,
  requireSameModule,
  runAsRoot,
  waitForBoot,
} from '../../flash/prepare.ts';
import { bootedCount, type RecoveryDevice } from '../../flash/recovery.ts';
import { readRootfs } from '../../flash/rootfs-state.ts';
import { requireConf, skuNote } from '../../flash/same-board.ts';
import { exec } from '../../tools/process/exec.ts';
import { hasProgram } from '../../tools/process/programs.ts';
import { type CliContext, lineWidth } from '../context.ts';
import type { FlashJob } from '../flags/flash-flags.ts';
import { TOOL_ROOT } from '../places.ts';
import { openFleet } from './audit.ts';
import { flashAll } from './flash-many.ts';

/** Prepare Linux_for_Tegra, put the bundle into its root file system, and write it to the board, or to all boards. */
export async function flash(job: FlashJob, cli: CliContext): Promise<void> {
  const { BPMP_VIRT_ROOT: root = '/' } = cli.env;
  const sys = join(root, 'sys');
  const { boards, bundle } = await whatIsFlashed(job, sys, cli);
  await checkHost(job, root, cli);

  const { images, write } = scriptsFor(job, boards);
  const rootfs = job.rootfs === undefined ? undefined : resolve(cli.cwd, job.rootfs);
  const preparations = prepareRootfs(await readRootfs(job.l4t, job.rootfsReady), rootfs, firstUser(job, cli));
  const off = keepOff(root);
  if (job.dryRun === true) {
    const last = write === undefined ? [] : [off.begin, write, off.end];
    return showCommands(job, preparations, [...images, ...last], cli);
  }

  if (job.flash && job.yes !== true) await confirm(boards, job, cli);
  const ctx = { ...flashContext(job, cli), board: boards[0] };
  for (const preparation of preparations) await runAsRoot(preparation, ctx);
  await putIntoRootfs(job, bundle, ctx);
  const booted = await bootedCount(sys);
  const prepare = async () => {
    for (const image of images) await runAsRoot(image, ctx);
  };
  const writeOff = (script: Preparation, at: FlashContext) => withoutAutomounters(off, script, at);
  if (write === undefined) await prepare();
  else if (job.all === true) {
    const fleet = await openFleet('flash', job.work, job.bundle, cli);
    await flashAll(boards, { prepare, write: writeOff }, write, fleet, ctx, cli);
  } else await writeOff(write, ctx);
  cli.print(`log      ${ctx.log}`);
  if (job.flash && job.wait > 0) await firstBoot(job, { sys, booted, boards }, cli);
}

/** The script that makes images, where that is one of its own, and the one that writes; the latter is left out where nothing is written. */
function scriptsFor(
  job: FlashJob,
  boards: readonly [RecoveryDevice, ...RecoveryDevice[]],
): { readonly images: readonly Preparation[]; readonly write: Preparation | undefined } {
  const why = 'it mounts images and writes to the board by USB';
  const request = {
    ...{ kind: boards[0].kind, storage: job.storage, prepareOnly: !job.flash },
    ...(job.board === undefined ? {} : { board: job.board }),
    ...(job.usb === undefined ? {} : { usb: job.usb }),
  };
  if (job.all === true) {
    const { prepare, write } = massFlashCommands(request, boards.length, boards[0].usb);
    const images = [{ command: prepare, why: 'it mounts images, and reads the EEPROM of one board by USB' }];
    return { images, write: job.flash ? { command: write, why } : undefined };
  }
  const script = { command: flashScriptCommand(request), why };
  return job.flash ? { images: [], write: script } : { images: [script], write: undefined };
}

/** The boards and the bundle, where they are for each other. @throws {UsageError} or {EnvironmentError} they are not */
async function whatIsFlashed(job: FlashJob, sys: string, cli: CliContext) {
  if (job.all === true && job.usb !== undefined)
    throw new UsageError('--all and --usb exclude each other', 'Choose one of them.');
  const release = await readRelease(job.l4t);
  const boards = job.all === true ? await chooseAllBoards(sys) : ([await chooseBoard(sys, job.usb)] as const);
  for (const { module, usb } of boards) cli.print(`board    ${module}, in recovery mode on USB ${usb}`);
  cli.print(`release  Jetson Linux ${release}`);
  const bundle = await readBundle(job.bundle, join(TOOL_ROOT, 'board'));
  requireSameModule(boards[0], bundle.boards, job.board);
  requireKernel(bundle.kernel, job.storage === 'emmc' ? 'mmc' : 'nvme');
  await requireConf(job.l4t, job.board ?? BOARDS[boards[0].kind]);
  const note = skuNote(boards[0].skus, bundle.skus);
  if (note !== undefined) cli.print(`note     ${note}`);
  if (boards.length > 1)
    cli.print(
      `note     all get the images that are made for ${boards[0].usb}; they have to be of one hardware revision, which USB does not show`,
    );
  return { boards, bundle };
}

async function firstBoot(
  { wait }: FlashJob,
  at: { readonly sys: string; readonly booted: number; readonly boards: readonly RecoveryDevice[] },
  cli: CliContext,
): Promise<void> {
  const many = at.boards.length > 1;
  cli.print(
    `The board${many ? 's boot' : ' boots'} for the first time. Leave the power on until this command ends.`,
  );
  await waitForBoot(at.sys, wait, cli.signal, { count: at.boards.length, before: at.booted });
  cli.print(
    many
      ? 'The boards are up. By USB each has the address 192.168.55.1: leave one plugged in, or reach them by their network.'
      : 'The board is up: `bpmp-virt doctor --target ssh://USER@192.168.55.1`.',
  );
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
  if (bad.length > 0) cli.print(formatFindings(bad, lineWidth(cli)));
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

async function confirm(
  boards: readonly [RecoveryDevice, ...RecoveryDevice[]],
  job: FlashJob,
  cli: CliContext,
): Promise<void> {
  if (!cli.isTerminal || !process.stdin.isTTY)
    throw new UsageError(
      `this erases ${job.storage} of ${boards.length > 1 ? `${boards.length} boards` : 'the board'}, and nobody is there to ask`,
      'Add --yes if that is meant.',
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const [{ module }] = boards;
    const which =
      boards.length > 1
        ? `${boards.length} × ${module} (${boards.map(({ usb }) => usb).join(', ')})`
        : module;
    const answer = await terminal.question(`Erase ${job.storage} of ${which}? Type "erase": `, {
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
