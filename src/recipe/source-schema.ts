// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Where a Debian archive is, unless a recipe says otherwise. */
export const DEBIAN = 'http://deb.debian.org/debian';

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits, lower case')
  .meta({ description: 'sha256 of the file.' });

export const commit = z
  .string()
  .regex(/^[0-9a-f]{40}$/, 'must be a whole commit id: 40 hex digits, lower case')
  .meta({ description: 'The commit that `ref` must be. `bpmp-virt lock` finds it.' });

export const versions = z.record(z.string(), z.string().min(1)).meta({
  description:
    'Exact versions of the packages and of those that they need; `src:NAME` is a source package that is built. ' +
    'One that is not named is the newest. `bpmp-virt lock` finds them.',
});

const url = z.url({
  protocol: /^(https?|file|ssh|git)$/,
  error: 'must be an http, https, ssh, git or file URL',
});

export const urls = z
  .array(url)
  .nonempty()
  .meta({ description: 'Where it is, mirrors in order: the next one is asked where one fails.' });

const superseded = z.record(sha256, z.string()).default({}).meta({
  description: 'sha256 of earlier files of the same name, each with a message for whoever still has it.',
});

export const download = z
  .strictObject({ urls, sha256: sha256.optional(), superseded })
  .meta({ description: 'A file to download. Without sha256 a lock file must have it.' });

const http = z.strictObject({
  kind: z.literal('http').meta({ description: 'An archive to download.' }),
  urls,
  sha256: sha256.optional(),
  superseded,
});

const git = z.strictObject({
  kind: z.literal('git').meta({ description: 'A git repository, fetched without its history.' }),
  urls,
  ref: z.string().min(1).meta({ description: 'Tag or branch.' }),
  commit: commit.optional(),
});

const mirror = url.default(DEBIAN).meta({ description: 'The archive; `--mirror` maps it to another one.' });

const suites = z
  .array(z.string().regex(/^[a-z][a-z0-9-]*$/))
  .nonempty()
  .meta({
    description: 'Releases that are looked in, such as bookworm; NAME-security is in the security archive.',
  });

const debian = z.strictObject({
  kind: z.literal('debian').meta({ description: 'A source from a Debian archive, without root.' }),
  package: z.string().min(1).meta({ description: 'Source package, or `linux-source-…` for a kernel.' }),
  version: z.string().min(1).optional().meta({ description: 'Exact version; without it, the newest.' }),
  mirror,
  suites,
});

const path = z.strictObject({
  kind: z.literal('path').meta({ description: 'A tree of yours, used and patched where it is.' }),
  path: z
    .string()
    .min(1)
    .meta({ description: 'The folder; relative to the recipe where it starts with `./`.' }),
});

export const source = z
  .discriminatedUnion('kind', [git, debian, http, path])
  .meta({ description: 'Where the sources come from.' });

const rootDevice = z
  .string()
  .regex(/^\/dev\/vda([1-9]\d?)?$/, 'must be /dev/vda, or /dev/vda1 and so on')
  .default('/dev/vda')
  .meta({
    description:
      'What the guest mounts as its root: the whole image, or one partition of it. It must hold an ext2, ext3 or ext4.',
  });

const debianRoot = z
  .strictObject({
    kind: z.literal('debian').meta({
      description:
        'A Debian for arm64, made without root: the packages are unpacked, and the guest’s first boot configures them.',
    }),
    mirror,
    suites: suites.default(['bookworm', 'bookworm-security']),
    packages: z
      .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, 'must be the name of a package'))
      .default([])
      .meta({ description: 'Packages besides what starts, ssh and the network need.' }),
    user: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a short name: lower case, digits, -')
      .refine((name) => name !== 'root', 'must not be root')
      .default('guest')
      .meta({ description: 'Who logs in. No password is set, for nobody.' }),
    key: z.string().min(1).optional().meta({
      description:
        'File with the ssh public key of that user; relative to the recipe where it starts with `./`.',
    }),
    autologin: z
      .boolean()
      .default(false)
      .meta({ description: 'Log the user in on the console without a password.' }),
    size: z
      .string()
      .regex(/^[1-9]\d{0,4}[MG]$/, 'must be like 800M or 4G')
      .default('2G')
      .meta({
        description: 'Size of the image; its holes take no room. It grows to its disk at the first boot.',
      }),
  })
  .refine(({ key, autologin }) => key !== undefined || autologin, {
    error: 'needs key or autologin: otherwise nobody could log in',
  });

export const rootfs = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('path').meta({ description: 'An image of yours. It is read, and never written to.' }),
      path: z.string().min(1).meta({
        description: 'The file; relative to the recipe where it starts with `./`.',
      }),
      root: rootDevice,
    }),
    z.strictObject({
      kind: z.literal('http').meta({ description: 'An image to download, as it is: not packed.' }),
      urls,
      sha256,
      superseded,
      root: rootDevice,
    }),
    debianRoot,
  ])
  .meta({
    description:
      'The guest’s root file system, a raw image in `work/image`: made, or a sparse copy of one. Without it, nothing is made and run-vm.sh takes the documented file name.',
  });

export const sysroot = z
  .strictObject({
    packages: z
      .array(z.string().min(1))
      .nonempty()
      .meta({ description: 'Debian packages; their dependencies are added.' }),
    versions: versions.optional(),
    mirror,
    suites,
  })
  .meta({ description: 'Libraries of the board’s architecture that QEMU is linked with.' });
