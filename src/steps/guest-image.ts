// SPDX-License-Identifier: Apache-2.0
import { basename, dirname, join } from 'node:path';
import { formatCommand } from '../command.ts';
import { UsageError } from '../errors.ts';
import { hashFile } from '../read-file.ts';
import type { Step } from './step.ts';

/** Zeros are left out of the copy, also where the image has them written. */
const COPY = ['cp', '--sparse=always', '--reflink=auto', '--'] as const;

/** The root file system of a guest, as a copy of an image that is somebody else's. */
export const guestImageStep: Step<'guest-image'> = {
  kind: 'guest-image',
  tools: () => ['cp', 'debugfs', 'prlimit', 'timeout'],
  title: ({ image }) => `copy ${basename(image)} for the guest`,
  outputs: ({ into }) => [into],
  inputs: () => [],
  watches: ({ image }) => [image],
  writes: ({ into }) => [dirname(into)],

  shell: ({ image, into }, ctx) => [
    '# build also looks whether the image is raw, whole and of arm64.',
    formatCommand(['mkdir', '-p', dirname(ctx.path(into))]),
    formatCommand([...COPY, ctx.path(image), ctx.path(into)]),
  ],

  async run({ image, sha256, root, into }, ctx) {
    const [{ findRoot }, { requireArm64 }] = await Promise.all([
      import('../tools/files/disk-image.ts'),
      import('../tools/files/image-architecture.ts'),
    ]);
    const from = ctx.path(image);
    await findRoot(from, root);
    await ctx.replaceProduct(dirname(ctx.path(into)), async (aside) => {
      const copy = join(aside, basename(into));
      await ctx.exec([...COPY, from, copy], aside);
      if (sha256 !== undefined) await requireHash(copy, from, sha256);
      await requireArm64(copy, from, await findRoot(copy, root), ctx.exec);
    });
  },
};

async function requireHash(copy: string, from: string, sha256: string): Promise<void> {
  const found = await hashFile(copy);
  if (found === sha256) return;
  throw new UsageError(`${from} has sha256 ${found}, not ${sha256}`, 'Delete it and build again.');
}
