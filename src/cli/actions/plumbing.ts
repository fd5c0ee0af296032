// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { StepError } from '../../errors.ts';
import { kernelAbilities } from '../../plan/kernel-abilities.ts';
import { hashFile, readText, sizeOfFile } from '../../read-file.ts';
import { openApt } from '../../tools/apt/apt.ts';
import { resolveDevelopment } from '../../tools/apt/apt-closure.ts';
import { findUnmet, parseConfig } from '../../tools/build/kconfig.ts';
import { exec } from '../../tools/process/exec.ts';
import type { CliContext } from '../context.ts';
import { pathRoots } from '../places.ts';

/** Hold a .config against fragments and single symbols (`CONFIG_X=y`). @throws {StepError} a symbol is otherwise */
export async function checkConfig(
  ask: { readonly config: string; readonly fragments: readonly string[]; readonly wanted: readonly string[] },
  cli: CliContext,
): Promise<void> {
  const read = (file: string) => readText(resolve(cli.cwd, file));
  const texts = await Promise.all(ask.fragments.map(read));
  const wanted = parseConfig([...texts, ...ask.wanted].join('\n'));
  const unmet = findUnmet(parseConfig(await read(ask.config)), wanted);
  if (unmet.length === 0) return;
  throw new StepError(
    unmet.map(({ symbol, wanted: value, got }) => `${symbol} is ${got}, wanted ${value}`).join('\n'),
    'Kconfig drops what it cannot have: look for what each of them depends on.',
  );
}

/** Print what deploy asks of a bundle: the kernel's sum, and what it can by its configuration. */
export async function printManifest(
  { image, config }: { readonly image: string; readonly config: string },
  cli: CliContext,
): Promise<void> {
  const file = resolve(cli.cwd, image);
  const kernel = kernelAbilities(parseConfig(await readText(resolve(cli.cwd, config))));
  const files = [{ file: 'Image', size: await sizeOfFile(file), sha256: await hashFile(file) }];
  cli.print(JSON.stringify({ version: 1, kernel, files }, null, 2));
}

/** Print what a sysroot is made of, a package per line, as apt-get takes it. */
export async function listSysroot(
  ask: {
    readonly packages: readonly string[];
    readonly mirror: string;
    readonly suites: readonly string[];
    readonly architecture: string;
    readonly pin: readonly string[];
  },
  cli: CliContext,
): Promise<void> {
  const pins = ask.pin.map((word) => [word.replace(/=.*/s, ''), word.replace(/^[^=]*=/, '')] as const);
  const { signal } = cli;
  const apt = await openApt(ask, {
    run: (command, cwd) => exec(command, cwd, { emit: () => undefined, signal }),
    cache: pathRoots('.', cli).cache,
    offline: false,
    url: (address) => address,
    signal,
  });
  const found = await resolveDevelopment(apt, ask.packages, Object.fromEntries(pins));
  cli.print(found.map(({ name, version }) => `${name}=${version}`).join('\n'));
}
