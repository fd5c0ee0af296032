// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { flashCommand } from '../../../src/cli/commands/flash.ts';
import { FLASH_SIGNATURES } from '../../../src/flash/flash-signatures.ts';
import { runAsRoot } from '../../../src/flash/prepare.ts';
import { failedLog, HEALTHY_IN_ALL, HEALTHY_LOGS } from '../../helpers/board/flash-logs.ts';
import { FLASH_REPORTS, UNKNOWN_REPORTS } from '../../helpers/board/flash-reports.ts';
import { silentCli } from '../../helpers/silent-cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

/** `bpmp-virt flash --explain`, on a log that has `text` or is at `file`. */
async function explain(text: string | Buffer, file?: string) {
  const out: string[] = [];
  const cwd = tmpDir('explain');
  writeFileSync(join(cwd, 'kept.log'), text);
  const cli = silentCli({ print: (line) => void out.push(line), cwd });
  const program = new Command().exitOverride().addCommand(flashCommand(cli));
  const error = await program.parseAsync(['flash', '--explain', file ?? 'kept.log'], { from: 'user' }).then(
    () => undefined,
    (cause: Error) => cause,
  );
  return { out: out.join('\n'), error };
}

describe('flash --explain', () => {
  test.each(FLASH_SIGNATURES.map((signature) => [signature.name, signature] as const))(
    'names %s in a whole log, with its line and what helps',
    async (name, { what, hint }) => {
      for (const report of FLASH_REPORTS[name] ?? []) {
        const { out, error } = await explain(failedLog(report, name === 'usb-network' ? 'here' : 'board'));
        expect(error).toBe(undefined);
        const lines = out.split('\n');
        expect(lines[0]).toBe(`${name}: ${what}`);
        const shown = lines.find((line) => line.startsWith('line    '))?.slice(8);
        expect(report.replace(/[‘’]/g, "'")).toContain(shown?.trim());
        expect(lines.at(-1)).toBe(`->      ${hint}`);
      }
    },
  );

  test.each(Object.entries({ ...HEALTHY_LOGS, ...HEALTHY_IN_ALL }))(
    'knows no failure in a healthy log: %s',
    async (_, log) => {
      expect((await explain(log)).out).toMatch(/^no failure that is known/);
    },
  );

  test.each(Object.entries(UNKNOWN_REPORTS))('%s: unknown, with its last line', async (_, report) => {
    const { out } = await explain(failedLog(report, 'board'));
    expect(out).toMatch(/^no failure that is known/);
    expect(out).toContain(
      report
        .split('\n')
        .at(-1)
        ?.replace(/^\[[^\]]*\] /, ''),
    );
  });

  test('a log that PowerShell kept as UTF-16', async () => {
    const log = failedLog('/bin/sh: 1: xmlstarlet: not found', 'here');
    expect((await explain(Buffer.from(`\ufeff${log}`, 'utf16le'))).out).toMatch(/^missing-program/);
  });

  test('an unknown failure shows the last lines that speak of an error, an empty log nothing', async () => {
    const { out } = await explain(failedLog('*** The flash of the board failed for a new reason', 'board'));
    expect(out).toMatch(/^no failure that is known.*\n.*failed for a new reason\nFlash failure$/);
    expect((await explain('')).out).toMatch(/^no failure that is known[^\n]*$/);
  });

  test('a log with bytes that are not text, and one of 40 MiB, of which the end counts', async () => {
    const noise = Buffer.alloc(1 << 20, 0xff);
    const failure = Buffer.from(`\nError: No Board Spec found for 3767-300-0099\n`);
    expect((await explain(Buffer.concat([noise, failure, noise]))).out).toMatch(/^board-spec/);
    const early = Buffer.from('OSError: [Errno 28] No space left on device\n');
    const lines = Buffer.alloc(40 << 20, 'Sending bct_br and much more of what a healthy run prints\n');
    expect((await explain(Buffer.concat([early, lines, failure]))).out).toMatch(/^board-spec/);
  });

  test('what is not a log is refused and not waited for', async () => {
    const folder = tmpDir('explain-none');
    await execa('mkfifo', [join(folder, 'pipe')]);
    expect((await explain('', join(folder, 'pipe'))).error?.message).toContain('not a file');
    expect((await explain('', folder)).error?.message).toContain('not a file');
    expect((await explain('', join(folder, 'gone'))).error?.message).toContain('cannot be read');
  });
});

describe('a flash that fails says the same as --explain of its log', () => {
  test.each(FLASH_SIGNATURES.map(({ name }) => name))('%s', async (name) => {
    const l4t = tmpDir('flash-fails');
    const log = failedLog(FLASH_REPORTS[name]?.[0] ?? '', name === 'usb-network' ? 'here' : 'board');
    writeFileSync(join(l4t, 'says'), log);
    mkdirSync(join(l4t, 'rootfs'));
    const error = await runAsRoot(
      { command: ['sh', '-c', 'cat says; exit 1'], why: 'a test' },
      {
        l4t,
        log: join(l4t, 'logs/flash.log'),
        emit: () => undefined,
        signal: new AbortController().signal,
        isRoot: true,
      },
    ).then(
      () => undefined,
      (cause: Error & { hint?: string }) => cause,
    );
    const { out } = await explain(log);
    const [first = '', ...rest] = out.split('\n');
    expect(error?.message.split('\n')[0]).toBe(first.slice(name.length + 2));
    expect(error?.hint).toContain(rest.at(-1)?.slice(8));
    expect((await explain('', join(l4t, 'logs/flash.log'))).out).toBe(out);
  });
});
