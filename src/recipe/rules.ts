// SPDX-License-Identifier: Apache-2.0
import { QEMU_VERSIONS } from './qemu-versions.ts';
import type { Recipe } from './schema.ts';

/** What is wrong, and at which key. */
export type Problem = { readonly path: string; readonly message: string };
type RecipeRule = (recipe: Recipe) => readonly Problem[];

/** The tag of a release: `jetson_36.3` for 36.3.0, `jetson_36.4.3` for 36.4.3 (no trailing .0). */
function tagOf(release: string): string {
  return `jetson_${release.replace(/\.0$/, '')}`;
}

const tagFitsRelease: RecipeRule = ({ l4t }) =>
  l4t === undefined || l4t.tag === tagOf(l4t.release)
    ? []
    : [
        {
          path: 'l4t.tag',
          message: `release ${l4t.release} is tagged ${tagOf(l4t.release)}, not ${l4t.tag}`,
        },
      ];

const publicSourcesAreThere: RecipeRule = ({ l4t }) =>
  l4t?.sources === 'public-sources' && l4t.publicSources === undefined
    ? [{ path: 'l4t.publicSources', message: 'is needed, because l4t.sources is public-sources' }]
    : [];

const commitsHaveTrees: RecipeRule = ({ l4t }) =>
  Object.keys(l4t?.commits ?? {})
    .filter((path) => l4t !== undefined && !(path in l4t.trees))
    .map((path) => ({ path: `l4t.commits.${path}`, message: 'names no folder of l4t.trees' }));

const hostTreeNeedsBsp: RecipeRule = ({ l4t, hostTree }) =>
  hostTree.startsWith('bsp:') && l4t === undefined
    ? [{ path: 'hostTree', message: 'is of the BSP, and the recipe has no l4t' }]
    : [];

const forkIsBuiltAsItIs: RecipeRule = ({ qemu }) =>
  (qemu.overlay === undefined) === (qemu.patches === undefined)
    ? []
    : [
        {
          path: qemu.overlay === undefined ? 'qemu.overlay' : 'qemu.patches',
          message: 'overlay and patches belong together: both for a release, neither for a fork',
        },
      ];

/** A fork is built as it is, whatever it is. */
const qemuIsBuiltHere: RecipeRule = ({ qemu }) => {
  if (qemu.overlay === undefined || QEMU_VERSIONS.some((each) => each === qemu.version)) return [];
  const known = QEMU_VERSIONS.join(', ');
  return [
    { path: 'qemu.version', message: `${qemu.version} is none of those that are built here: ${known}` },
  ];
};

const boardNeedsSysroot: RecipeRule = ({ qemu }) =>
  qemu.builds.includes('arm64') && qemu.sysroot === undefined
    ? [{ path: 'qemu.sysroot', message: 'is needed, because qemu.builds has arm64' }]
    : [];

const vmNamesDiffer: RecipeRule = ({ vms }) =>
  vms
    .map((vm, at) => ({
      path: `vms.${at}.name`,
      message: `${vm.name} is the name of an earlier one`,
      name: vm.name,
    }))
    .filter(({ name }, at) => vms.findIndex((vm) => vm.name === name) !== at)
    .map(({ path, message }) => ({ path, message }));

const deviceHasOneVm: RecipeRule = ({ vms }) => {
  const owner = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [at, vm] of vms.entries()) {
    for (const device of vm.devices) {
      const first = owner.get(device);
      if (first === undefined) owner.set(device, vm.name);
      else problems.push({ path: `vms.${at}.devices`, message: `${device} is already given to ${first}` });
    }
  }
  return problems;
};

const scmiNeedsStockQemu: RecipeRule = ({ vms }) =>
  vms.flatMap(({ transport, qemu, guestKernel, platformBus }, at) => {
    const path = `vms.${at}`;
    if (transport === 'window') {
      return [
        ...(qemu === 'stock'
          ? [{ path: `${path}.qemu`, message: 'stock has no window: it needs transport: scmi' }]
          : []),
        ...(guestKernel === 'stock'
          ? [{ path: `${path}.guestKernel`, message: 'stock knows no window: it needs transport: scmi' }]
          : []),
      ];
    }
    return [
      ...(qemu === 'built'
        ? [
            {
              path: `${path}.qemu`,
              message: 'must be stock: this project builds QEMU without vhost-user-scmi-pci',
            },
          ]
        : []),
      ...(platformBus === undefined
        ? []
        : [{ path: `${path}.platformBus`, message: 'cannot be said to a stock QEMU, which has 32 MiB' }]),
    ];
  });

const RULES: readonly RecipeRule[] = [
  tagFitsRelease,
  publicSourcesAreThere,
  commitsHaveTrees,
  hostTreeNeedsBsp,
  forkIsBuiltAsItIs,
  qemuIsBuiltHere,
  boardNeedsSysroot,
  vmNamesDiffer,
  deviceHasOneVm,
  scmiNeedsStockQemu,
];

/** What does not fit together in a recipe whose keys are sound one by one. */
export function checkRules(recipe: Recipe): readonly Problem[] {
  return RULES.flatMap((rule) => rule(recipe));
}
