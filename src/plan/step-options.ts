// SPDX-License-Identifier: Apache-2.0

/** Where a git tree comes from: `urls` in order, a tag or branch, and the commit that it must be. */
type GitPin = {
  readonly urls: readonly string[];
  readonly ref: string;
  /** 40 hex digits; absent where the recipe is not locked. */
  readonly commit?: string;
};

/** One repository below a Jetson source folder. */
export type BspTree = { readonly path: string; readonly commit?: string };

/** An apt archive read with private lists: no change to the system, no root. */
type DebianArchive = {
  /** `http://deb.debian.org/debian`, `…/debian-security`. */
  readonly mirror: string;
  /** Which releases are looked in: `bookworm`, `bookworm-security`. */
  readonly suites: readonly string[];
};

/** A list of patches in a folder of ours, applied in the order of its `series` file. */
type PatchSet = { readonly tree: string; readonly patches: string };

/** What a virtual machine gets of the board; `name` is its label in the host's device tree. */
export type VmDevices = {
  readonly name: string;
  readonly devices: readonly string[];
  /** Whether the host's drivers never get the devices. Absent: yes on a board, no in a virtual Orin. */
  readonly keepOff?: boolean;
  /** What is known of the devices and accepted. Absent: nothing. */
  readonly accept?: readonly 'unconfined-dma'[];
};

/** The machine that QEMU makes, as far as its device tree depends on it. */
export type VmMachine = {
  /** `1G`, as QEMU's -m takes it. */
  readonly memory: string;
  readonly cpus: number;
  /** GIC of the guest. KVM on Orin gives a 3, also where the command line names none. */
  readonly gic: 2 | 3;
  /** Size of QEMU's platform bus, as its platform-bus-size takes it. Absent: 32 MiB, without a word to QEMU. */
  readonly platformBus?: string;
};

/**
 * What each kind of step is told. Paths are plan paths: `work:…`, `cache:…`, `tool:…` (files of this package) or
 * absolute; so a plan can be written, read back, compared and run in another work folder.
 */
export type StepOptions = {
  /**
   * Download to `into` (a file). Mirrors in order; sha256 while streaming; resumes. A file that is there already is hashed by
   * the step that unpacks it, while it does.
   */
  'fetch-archive': {
    readonly urls: readonly string[];
    readonly sha256: string;
    /** sha256 of uploads that were replaced in place → what to tell who has one. */
    readonly superseded: Readonly<Record<string, string>>;
    readonly into: string;
  };
  /** Unpack `archive` so that `into` (a folder) holds it; aside first, renamed when whole and its sha256 is the right one. */
  'extract-archive': {
    readonly archive: string;
    readonly sha256: string;
    readonly into: string;
    readonly strip: number;
  };
  /** Our own shallow sync of one repository to `into`. A missing ref or another commit is an error. */
  'sync-tree': GitPin & { readonly into: string };
  /** The BSP's own source_sync.sh in `source`, judged by each tree's tag and commit. */
  'sync-bsp': { readonly source: string; readonly tag: string; readonly trees: readonly BspTree[] };
  /** public_sources.tbz2 over the folder that holds `Linux_for_Tegra`, then the inner archives in its source/. */
  'unpack-public-sources': {
    readonly archive: string;
    readonly sha256: string;
    readonly into: string;
    readonly inner: readonly string[];
  };
  /**
   * A source from a Debian archive, unpacked to `into`. `source-package`: .dsc with its patches applied;
   * `linux-source`: the binary package that holds a patched kernel tree.
   */
  'fetch-debian-source': DebianArchive & {
    readonly form: 'source-package' | 'linux-source';
    readonly package: string;
    /** Exact Debian version; absent: the newest in any of the suites. */
    readonly version?: string;
    readonly into: string;
  };
  /** Relative symlinks `tree/at` → `overlay`; only links of ours are replaced. */
  'link-overlay': {
    readonly tree: string;
    readonly links: readonly { readonly at: string; readonly overlay: string }[];
  };
  /** The files of `overlay` copied over `tree`, same paths; those of the run before that are gone are removed. */
  'copy-overlay': { readonly tree: string; readonly overlay: string };
  /** `git apply` of a series. A changed series is reversed with the kept copy before the new one goes in. */
  'apply-patches': PatchSet;
  /** `base` and `fragments` to `out/.config`, then every symbol of `wanted` is checked there. */
  'configure-kernel': {
    readonly tree: string;
    readonly out: string;
    /** `defconfig`: arm64's. `allnoconfig`: nothing but the fragments. */
    readonly base: 'defconfig' | 'allnoconfig';
    readonly fragments: readonly string[];
    /** Besides every line of the fragments. `CONFIG_X` → `y`, `m`, a number or a quoted string; `n` = must be off. */
    readonly wanted: Readonly<Record<string, string>>;
    readonly localVersion: string;
    readonly crossCompile: string;
  };
  /** One device tree of the kernel, as its makefiles name it (`nvidia/NAME.dtb`), compiled in `out` before anything else of it is. */
  'build-host-tree': {
    readonly tree: string;
    readonly out: string;
    readonly dtb: string;
    readonly crossCompile: string;
    readonly epoch: number;
  };
  /** arm64 Image, dtbs, modules in `out`. Modules are installed to `modulesInto`. */
  'build-kernel': {
    readonly tree: string;
    readonly out: string;
    readonly targets: readonly ('Image' | 'dtbs' | 'modules')[];
    readonly modulesInto?: string;
    readonly crossCompile: string;
    /** Fixed build time, seconds since 1970: two builds give the same Image. */
    readonly epoch: number;
  };
  /** Debian packages of `architecture`, with what they need, unpacked to `into`: a sysroot without root. */
  'build-sysroot': DebianArchive & {
    readonly architecture: 'arm64';
    readonly packages: readonly string[];
    /** Exact versions of packages (`NAME`) and source packages (`src:NAME`); one that is not named is the newest. */
    readonly versions?: Readonly<Record<string, string>>;
    readonly into: string;
  };
  /** qemu-system-aarch64 in `out`, for this machine or for the board. */
  'build-qemu': {
    readonly tree: string;
    readonly out: string;
    readonly host: 'build' | 'arm64';
    /** A plan path; present where `host` is arm64. */
    readonly sysroot?: string;
    /** Version of Debian's meson, where this machine's is too old for the tree; absent: the newest. */
    readonly meson?: string;
    readonly configure: readonly string[];
    readonly crossCompile: string;
    readonly epoch: number;
  };
  /** `into` = overlay for the host's device tree `dtb`: a policy node per VM, `iommus`, drivers kept off. */
  'render-host-overlay': {
    readonly dtb: string;
    /** The kernel tree, for its dt-bindings. */
    readonly tree: string;
    readonly vms: readonly VmDevices[];
    readonly into: string;
  };
  /** `into` = the tree of one guest, from the tree that `qemu` itself dumps for that machine. */
  'render-guest-tree': {
    readonly dtb: string;
    readonly tree: string;
    readonly vm: VmDevices;
    /** The board's other VMs: an id that two use is not a VM's own. */
    readonly otherVms: readonly VmDevices[];
    readonly machine: VmMachine;
    readonly qemu: string;
    readonly into: string;
  };
  /**
   * `into` = what is added to a stock QEMU's tree for one guest over SCMI (an overlay), `map` = what bpmp-scmi lets it see of the
   * BPMP.
   */
  'render-scmi-tree': {
    readonly dtb: string;
    readonly tree: string;
    readonly vm: VmDevices;
    readonly otherVms: readonly VmDevices[];
    readonly into: string;
    readonly map: string;
  };
  /** bpmp-scmi in `out`, on libvhost-user of the QEMU in `qemu` (a source tree), for this machine or for the board. */
  'build-scmi': {
    readonly qemu: string;
    readonly out: string;
    readonly host: 'build' | 'arm64';
    readonly crossCompile: string;
    readonly epoch: number;
  };
  /**
   * `into` = the host tree of a virtual Orin: QEMU's own for such a machine, the BPMP, the devices of all VMs with
   * a stream each, and the policy nodes. `dtb` is the real board's, which says what the devices are.
   */
  'render-orin-tree': {
    readonly dtb: string;
    readonly tree: string;
    readonly vms: readonly VmDevices[];
    readonly machine: Omit<VmMachine, 'gic' | 'platformBus'>;
    readonly qemu: string;
    readonly into: string;
  };
  /** A sparse copy of the raw `image` at `into`, once its `root` is known to be a whole file system of arm64. */
  'guest-image': {
    readonly image: string;
    /** Of a download; absent for a file of the user's, which is looked at for edits. */
    readonly sha256?: string;
    /** `/dev/vda` for the whole image, or a partition of it. */
    readonly root: string;
    readonly into: string;
  };
  /** `into` = a raw ext4 image with a Debian for arm64, made without root. */
  'make-debian-image': {
    readonly mirror: string;
    readonly suites: readonly string[];
    /** Besides what it needs to start, for ssh and for the network. */
    readonly packages: readonly string[];
    readonly user: string;
    /** File with the ssh public key that logs in as `user`. */
    readonly key?: string;
    /** Whether the console logs `user` in by itself. */
    readonly autologin: boolean;
    readonly hostname: string;
    readonly mib: number;
    /** Seconds since 1970: no time in the image is later. */
    readonly epoch: number;
    /** Folder with lib/modules of the guest's kernel. */
    readonly modules?: string;
    readonly into: string;
  };
  /** run-vm.sh and what belongs to it, for one guest, in the folder `into`. */
  'write-run-script': {
    readonly dtb: string;
    readonly vm: VmDevices;
    readonly machine: VmMachine;
    readonly recipe: string;
    /** The host proxy's device for this VM. */
    readonly bpmpHost: string;
    /** A stock QEMU, to which bpmp-scmi speaks. Absent: the window of a QEMU of ours. */
    readonly scmi?: true;
    /** The distribution's kernel, which is not in the bundle. */
    readonly stockKernel?: true;
    /** What the guest mounts as its root. Absent: /dev/vda. */
    readonly root?: string;
    /** Folder of this VM in the bundle; `.` is the bundle itself. */
    readonly place: string;
    readonly into: string;
  };
  /** Everything a board needs in one folder, with manifest and checksums. */
  'pack-bundle': {
    /** Place in the bundle → plan path of a file or a folder. */
    readonly files: Readonly<Record<string, string>>;
    /** The kernel's .config: the manifest says what the kernel can. */
    readonly kernelConfig: string;
    readonly recipe: string;
    /** The command that makes this bundle again. */
    readonly repeat: readonly [program: string, ...words: string[]];
    /** Facts for the manifest: versions, urls, hashes, commits. */
    readonly facts: Readonly<Record<string, string>>;
    /** Trees that this plan brings from elsewhere, as plan paths: a work folder may have others, of recipes before. */
    readonly sources: readonly string[];
    /** Ids of the steps before it. */
    readonly steps: readonly string[];
    readonly into: string;
  };
};
export type StepKind = keyof StepOptions;
