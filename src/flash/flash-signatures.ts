// SPDX-License-Identifier: Apache-2.0
import { FLASH_SIGNATURES, type FlashSignature } from './known-failures.ts';

export { FLASH_SIGNATURES };

/** A failure that was found in a log, and the line that shows it. */
export type Recognised = FlashSignature & { readonly line: string; readonly detail?: string };

/** How far from a line its neighbours are looked at. */
const NEAR = 4;
/** How many last error lines are shown of a failure that nobody knows. */
const SHOWN = 6;
/** Bytes of a log that are read, from its end. */
export const LOG_BYTES = 16 * 1024 * 1024;

/** What ends a run well: what stands before it is of an earlier one. */
const SUCCESS =
  /Flash is successful|Flashing success$|has been flashed successfully|Flashing completed|\[ ?OK ?\] Flash/i;
/** Words of errors that a healthy run prints too (R36 logs of SDK Manager and of l4t_initrd_flash.sh). */
const HARMLESS =
  /rcm_state|Skip generating mem_bct|last_boot_error: 0|Warning: .*(?:deprecated|permanently added)|sdram_config is not defined|Assuming zero filled SBK|pub_key\.key is not found|providing pkc and sbk keys|custinfo fail\. Moving on|tmp\.bct open failed|rcm_state open failed|boot chain is not completed|base dtb is not provided|skip writing \S+ partition|layout xml is smaller than the actual size|Not supported type: mb2_applet|error\.(?:log|txt)|no_error|\b0 errors?\b|ignoring|user_release_version|flash\.xml\.tmp\. Skip generating|Cannot erase using blkdiscard|BLKDISCARD ioctl failed|failed to find rollback config|^debconf: |delaying package configuration|Can(?:no|')t set locale|Setting locale failed|Can not write log|Couldn't identify type of root|Phy link never came up|kernel dtb is not provided|failed to import T23x module|^rm: cannot remove .*: No such file|^umount: .*: (?:not mounted|no mount point)/i;
const ERROR =
  /\berror\b|\bfail|\bfatal\b|\bpanic\b|^[EC]> |Segmentation fault|\bKilled\b|cannot|could not|unable|No such|denied|not found|Traceback|Exception|\btime(?:d )?out\b|refused|busy|Return value [1-9]/i;

/** What shows that the work went on: what is retried and stands before it has passed. */
const PROGRESS =
  /^(?:Sending \w|RCM-boot started|SSH ready|Boot Rom communication completed|Retrieving |Writing partition |Successfully (?:create|flash)|l4t_flash_from_kernel: (?:Starting|Writing|Successfully)|== Step \d)/i;

/**
 * The failure that a whole log shows: judged line by line from its end, so the last error counts and not the first; what
 * comes before the last success is of an earlier run. Undefined where no line is known.
 */
export function recogniseFailure(log: string): Recognised | undefined {
  const lines = linesOf(log);
  return lastOf(lines, false) ?? lastOf(lines, true);
}

/** The last lines of a log that speak of an error; its very last ones where none does. */
export function lastErrors(log: string): readonly string[] {
  const lines = linesOf(log).filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => ERROR.test(line) && !HARMLESS.test(line));
  return (errors.length > 0 ? errors : lines).slice(-SHOWN);
}

function lastOf(lines: readonly string[], isSymptom: boolean): Recognised | undefined {
  const signatures = FLASH_SIGNATURES.filter((each) => (each.isSymptom === true) === isSymptom);
  const wentOn = lines.findLastIndex((line) => PROGRESS.test(line));
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at] ?? '';
    if (HARMLESS.test(line)) continue;
    const around = lines.slice(Math.max(0, at - NEAR), at + NEAR + 1).join('\n');
    const found = signatures.find(
      ({ pattern, near, isRetried }) =>
        !(isRetried === true && at < wentOn) &&
        pattern.test(line) &&
        (near === undefined || near.test(around)),
    );
    if (found === undefined) continue;
    const detail = detailOf(found.name, line, around);
    return { ...found, line, ...(detail === undefined ? {} : { detail }) };
  }
  return undefined;
}

/** What a line says beyond its kind: the disk that is full, the program that is missing. */
function detailOf(name: string, line: string, around: string): string | undefined {
  if (name === 'no-space') {
    const path = /['"\s(:[](\/[^'"\s:,\])]+)/.exec(` ${line}`)?.[1] ?? /"(\/[^"]+)"/.exec(around)?.[1];
    if (path === undefined) return undefined;
    return /^\/(?:mnt|dev\/nvme|dev\/mmcblk|dev\/sd)/.test(path)
      ? `full: the board’s disk (${path})`
      : `full: the disk of this machine that holds ${path.replace(/(Linux_for_Tegra)\/.*/, '$1')}`;
  }
  if (name === 'missing-program') {
    const program =
      /([\w.+-]+): command not found/.exec(line)?.[1] ??
      /(?:^|: )(?:[\w./-]*\/)?([\w.+-]+): not found$/.exec(line)?.[1] ??
      /(?:ERROR|error:?|required|find) ([\w.+-]+)(?: (?:is )?not (?:found|installed)|$)/.exec(line)?.[1] ??
      /'([\w.+-]+)'/.exec(line)?.[1];
    if (program === undefined) return undefined;
    return line.includes('ModuleNotFoundError') ? `missing: Python’s ${program}` : `missing: ${program}`;
  }
  return undefined;
}

/** Time stamps of NVIDIA's programs, of its newer scripts, and of SDK Manager, which tags every line of stderr as an error. */
const PREFIX =
  /^(?:\[ *[\d.]+ *\]:? *|(?:\d{4}-\d\d-\d\d[ T])?\d{2}:\d{2}:\d{2}[.,\d]*Z? (?:- )?(?:[A-Z]+: )?|(?:[A-Z]+: )?Flash [^:]{1,60} - flash: )+/;

/** Lines of the last run, without colours, carriage returns and time stamps; in plain quotes, whatever wrote them. */
function linesOf(log: string): readonly string[] {
  const lines = log
    .slice(-LOG_BYTES)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    .replace(/\u001b\[[0-9;]*[A-Za-z]|\0/g, '')
    .replace(/[‘’]/g, "'")
    .split(/\r?\n|\r/)
    .map((line) => line.replace(PREFIX, ''));
  return lines.slice(lines.findLastIndex((line) => SUCCESS.test(line)) + 1);
}
