// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { commit, download, rootfs, source, sysroot, urls } from './source-schema.ts';
import { vmNameProblem } from './vm-name.ts';

/** A file or folder that a recipe names; see `resolvePath` for what the forms mean. */
const ownPath = (description: string) =>
  z
    .string()
    .min(1)
    .meta({
      description: `${description} A path of this package; relative to the recipe where it starts with \`./\`.`,
    });

const l4t = z
  .strictObject({
    release: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, 'must have three numbers: 36.3.0')
      .meta({ description: 'Release of Jetson Linux.' }),
    jetpack: z.string().meta({ description: 'The JetPack that carries it; for people.' }),
    kernel: z.string().meta({ description: 'Version of the kernel that it brings; for people.' }),
    stamp: z
      .string()
      .regex(/^\d{14}$/)
      .meta({ description: 'Time stamp of its Debian packages.' }),
    bsp: download.meta({ description: 'The driver package (BSP).' }),
    publicSources: download.optional().meta({ description: 'public_sources.tbz2.' }),
    sources: z.enum(['none', 'sync', 'source-sync', 'public-sources']).meta({
      description:
        'How Linux_for_Tegra/source is filled: not at all, by our own shallow sync, by the BSP’s source_sync.sh, or from public_sources.tbz2. ' +
        'A kernel of its own needs none of NVIDIA’s sources; their out-of-tree modules do.',
    }),
    tag: z.string().meta({ description: 'The tag that every tree must have.' }),
    servers: urls.meta({ description: 'git servers in order; `trees` are relative to them.' }),
    trees: z
      .record(z.string(), z.string())
      .meta({ description: 'Folder below Linux_for_Tegra/source, and the repository on the server.' }),
    commits: z
      .record(z.string(), commit)
      .optional()
      .meta({ description: 'What `tag` is in each of the trees.' }),
  })
  .meta({ description: 'Jetson Linux. Without it, only what a Debian archive has is used.' });

const kernel = z
  .strictObject({
    source,
    overlay: z
      .array(z.enum(['bpmp-guest-proxy', 'bpmp-host-proxy']))
      .default(['bpmp-guest-proxy', 'bpmp-host-proxy'])
      .meta({ description: 'Folders of kernel-overlay that are linked into drivers/firmware/tegra.' }),
    patches: ownPath('Folder with a `series`: the hook in the BPMP driver.'),
    base: z
      .enum(['defconfig', 'allnoconfig'])
      .meta({ description: 'What the fragments are merged over: arm64’s own configuration, or nothing.' }),
    fragments: z.array(ownPath('A Kconfig fragment.')).nonempty().meta({ description: 'Merged in order.' }),
    wanted: z
      .record(z.string().regex(/^CONFIG_[A-Za-z0-9_]+$/, 'must be a CONFIG_ symbol'), z.string())
      .default({})
      .meta({ description: 'Symbols that must come out so, besides every line of the fragments.' }),
    localVersion: z.string().default('-bpmp').meta({ description: 'Added to the kernel’s version.' }),
    targets: z
      .array(z.enum(['Image', 'dtbs', 'modules']))
      .default(['Image', 'dtbs'])
      .meta({ description: 'What is built.' }),
    crossCompile: z
      .string()
      .default('aarch64-linux-gnu-')
      .meta({ description: 'Prefix of the cross compiler, for the kernel and for the board’s QEMU.' }),
    epoch: z
      .int()
      .positive()
      .default(1735689600)
      .meta({ description: 'Build time that is written into what is built, in seconds since 1970.' }),
  })
  .meta({ description: 'The one kernel that host and guests run.' });

const qemu = z
  .strictObject({
    version: z
      .string()
      .regex(/^\d+\.\d+$/, 'must be quoted and have two numbers: "7.2"')
      .meta({
        description: 'Major and minor version, one of those that `patches/` has; any for a fork.',
      }),
    source,
    overlay: ownPath('Folder that is copied over the tree.').optional(),
    patches: ownPath('Folder with a `series`.').optional(),
    meson: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'Exact version of Debian’s meson, which is fetched where QEMU (8.1 and newer) wants a newer one than this machine has; ' +
          'without it, the newest. `bpmp-virt lock` finds it.',
      }),
    configure: z.array(z.string()).default([]).meta({ description: 'Words for QEMU’s configure.' }),
    builds: z
      .array(z.enum(['build', 'arm64']))
      .nonempty()
      .default(['build', 'arm64'])
      .meta({ description: 'For the machine that builds, for the board, or both.' }),
    sysroot: sysroot.optional(),
  })
  .meta({
    description:
      'QEMU: a release with our device in it, or a fork that is built as it is (no overlay, no patches).',
  });

const vm = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a short name: lower case, digits, -')
      .refine((name) => vmNameProblem(name) === undefined, {
        error: ({ input }) => vmNameProblem(String(input)) ?? 'is not a name',
      })
      .meta({
        description: 'Name of the virtual machine and of its policy node.',
      }),
    devices: z.array(z.string().min(1)).nonempty().meta({
      description: 'Devices of the host: `uarta`, a node name, or a path. `bpmp-virt devices` lists them.',
    }),
    keepOff: z.boolean().default(true).meta({
      description:
        'Keep the host’s own drivers off the devices from the boot on: they wait for the VM. `false`: the host uses them until the VM starts, and again when it has ended.',
    }),
    accept: z
      .array(z.enum(['unconfined-dma']))
      .optional()
      .meta({
        description:
          'What is known of the devices and accepted. `unconfined-dma`: a guest with such a device (the GPU) can read and write all memory of the host.',
      }),
    transport: z.enum(['window', 'scmi']).default('window').meta({
      description:
        'How the guest reaches the BPMP: `window`, the documented device of this project’s QEMU and guest kernel, or `scmi`, SCMI over virtio with a stock QEMU (docs/transports.md).',
    }),
    qemu: z.enum(['built', 'stock']).default('built').meta({
      description:
        'The QEMU that runs it: `built`, this recipe’s, or `stock`, the distribution’s on the board (8.2 to 10.1), which `transport: scmi` needs.',
    }),
    guestKernel: z.enum(['built', 'stock']).default('built').meta({
      description:
        'The guest’s kernel: `built`, this recipe’s, or `stock`, a distribution’s, which is put beside run-vm.sh as `vmlinuz` and needs `transport: scmi`.',
    }),
    rootfs: rootfs.optional(),
    memory: z
      .string()
      .regex(/^\d+[MG]$/, 'must be like 512M or 1G')
      .default('1G')
      .meta({ description: 'Memory.' }),
    cpus: z.int().min(1).max(12).default(1).meta({ description: 'CPUs.' }),
    gic: z
      .union([z.literal(2), z.literal(3)])
      .default(3)
      .meta({ description: 'Version of the interrupt controller.' }),
    platformBus: z.enum(['64M', '128M', '256M']).optional().meta({
      description:
        'Size of the bus on which QEMU puts the devices; without it the 32 MiB of any QEMU. A larger one, as the GPU needs, takes this project’s patches.',
    }),
  })
  .meta({ description: 'A virtual machine.' });

/** The shape of a recipe, after what it extends has been merged in. */
export const recipeSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: 'Version of this format.' }),
    description: z.string().min(1).meta({ description: 'What the recipe is for, in one line.' }),
    extends: z.string().optional().meta({
      description:
        'Another recipe, by name or as a path (`./x.yaml`), that this one changes: maps are merged, lists replaced, `null` takes a key away.',
    }),
    l4t: l4t.optional(),
    kernel,
    hostTree: z.string().min(1).meta({
      description:
        'The host’s device tree: a file below arch/arm64/boot/dts of the kernel, or `bsp:NAME` for one of the BSP’s.',
    }),
    qemu,
    vms: z
      .array(vm)
      .nonempty()
      .meta({ description: 'The virtual machines; run-vm.sh of the bundle runs the first.' }),
  })
  .meta({ title: 'bpmp-virt recipe', description: 'What to build, from what, for which virtual machines.' });

/** A recipe whose every key is there and sound by itself. */
export type Recipe = z.infer<typeof recipeSchema>;
export type Source = z.infer<typeof source>;
