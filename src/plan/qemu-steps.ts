// SPDX-License-Identifier: Apache-2.0
import type { LoadedRecipe } from '../recipe/load.ts';
import { LAYOUT } from './layout.ts';
import type { PlannedStep } from './plan.ts';
import { recipePath } from './plan-paths.ts';
import { planSource } from './source-steps.ts';

/** QEMU from its source to the programs. A recipe without overlay and patches builds its source as it is. */
export function planQemu(loaded: LoadedRecipe): readonly PlannedStep[] {
  const { qemu } = loaded.recipe;
  const source = planSource({
    name: 'qemu',
    source: qemu.source,
    into: LAYOUT.qemuSource,
    after: [],
    form: 'source-package',
    recipeFile: loaded.file,
  });
  const changes = planChanges(loaded, source.tree, source.ready);
  const after = changes.at(-1) === undefined ? source.ready : ['qemu-patches'];
  return [
    ...source.steps,
    ...changes,
    ...planBuilds(loaded, source.tree, after),
    ...planScmi(loaded, source.tree, source.ready),
  ];
}

/** bpmp-scmi, where a guest speaks to it; of the QEMU it takes one library, as its source has it. */
function planScmi(
  { recipe: { vms, kernel, qemu: wanted } }: LoadedRecipe,
  qemu: string,
  after: readonly string[],
): readonly PlannedStep[] {
  if (!vms.some((vm) => vm.transport === 'scmi')) return [];
  const { crossCompile, epoch } = kernel;
  const step = (id: string, host: 'build' | 'arm64', out: string): PlannedStep => ({
    id,
    kind: 'build-scmi',
    options: { qemu, out, host, crossCompile, epoch },
    after,
  });
  return [
    ...(wanted.builds.includes('build') ? [step('scmi-build', 'build', LAYOUT.scmiBuild)] : []),
    step('scmi-arm64', 'arm64', LAYOUT.scmiArm64),
  ];
}

function planChanges(
  { recipe: { qemu }, file }: LoadedRecipe,
  tree: string,
  after: readonly string[],
): readonly PlannedStep[] {
  if (qemu.overlay === undefined || qemu.patches === undefined) return [];
  const overlay = recipePath(qemu.overlay, file);
  const patches = recipePath(qemu.patches, file);
  return [
    { id: 'qemu-overlay', kind: 'copy-overlay', options: { tree, overlay }, after },
    { id: 'qemu-patches', kind: 'apply-patches', options: { tree, patches }, after: ['qemu-overlay'] },
  ];
}

function planBuilds(
  { recipe }: LoadedRecipe,
  tree: string,
  after: readonly string[],
): readonly PlannedStep[] {
  const { configure, builds, sysroot, meson } = recipe.qemu;
  const { crossCompile, epoch } = recipe.kernel;
  const common = { tree, configure, crossCompile, epoch, ...(meson === undefined ? {} : { meson }) };
  const steps: PlannedStep[] = [];
  if (builds.includes('build')) {
    const options = { ...common, out: LAYOUT.qemuBuild, host: 'build' as const };
    steps.push({ id: 'qemu-build', kind: 'build-qemu', options, after });
  }
  if (builds.includes('arm64') && sysroot !== undefined) {
    const { packages, versions, mirror, suites } = sysroot;
    const into = LAYOUT.sysroot;
    const pins = versions === undefined ? {} : { versions };
    const fetch = { architecture: 'arm64' as const, packages, ...pins, mirror, suites, into };
    steps.push({ id: 'sysroot', kind: 'build-sysroot', options: fetch, after: [] });
    const options = { ...common, out: LAYOUT.qemuArm64, host: 'arm64' as const, sysroot: into };
    steps.push({ id: 'qemu-arm64', kind: 'build-qemu', options, after: ['sysroot', ...after] });
  }
  return steps;
}
