// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { EnvironmentError } from '../../../../src/errors.ts';
import { formatTranscriptLine } from '../../../../src/firmware/monitor.ts';
import { parseJson, readOwnJson } from '../../../../src/tools/files/read-json.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

const schema = z.object({ n: z.number() });

test.each(['', '{', 'null', '[]', '"n"', '{"n":"1"}', '{"m":1}'])('%j is nothing of ours', async (text) => {
  expect(parseJson(text, schema)).toBeUndefined();
  const file = join(tmpDir(), 'record.json');
  writeFileSync(file, text);
  await expect(readOwnJson(file, schema)).rejects.toThrow(EnvironmentError);
  await expect(readOwnJson(file, schema)).rejects.toThrow(file);
});

test('what is of the shape is read; no file is nothing', async () => {
  const file = join(tmpDir(), 'record.json');
  expect(await readOwnJson(file, schema)).toBeUndefined();
  writeFileSync(file, '{"n":1}');
  expect(await readOwnJson(file, schema)).toEqual({ n: 1 });
});

test('a line that is of no transcript is shown as that', () => {
  expect(formatTranscriptLine('{"event":"transfer"}')).toBe(
    'not a line of a transcript: {"event":"transfer"}',
  );
  expect(formatTranscriptLine('<6>[ 0.1] boot')).toBe('not a line of a transcript: <6>[ 0.1] boot');
});
