// SPDX-License-Identifier: Apache-2.0
import type { StepKind } from '../plan/step-options.ts';
import type { Step } from './step.ts';

/** How the code of each kind is found: one lazy import a line, so that a plan loads only what it runs. */
const LOADERS: { readonly [K in StepKind]: () => Promise<Step<K>> } = {
  'apply-patches': async () => (await import('./apply-patches.ts')).applyPatches,
  'build-kernel': async () => (await import('./build-kernel.ts')).buildKernel,
  'build-scmi': async () => (await import('./build-scmi.ts')).buildScmi,
  'build-qemu': async () => (await import('./build-qemu.ts')).buildQemu,
  'build-sysroot': async () => (await import('./build-sysroot.ts')).buildSysroot,
  'configure-kernel': async () => (await import('./configure-kernel.ts')).configureKernel,
  'copy-overlay': async () => (await import('./copy-overlay.ts')).copyOverlay,
  'extract-archive': async () => (await import('./extract-archive.ts')).extractArchiveStep,
  'fetch-archive': async () => (await import('./fetch-archive.ts')).fetchArchive,
  'fetch-debian-source': async () => (await import('./fetch-debian-source.ts')).fetchDebianSource,
  'link-overlay': async () => (await import('./link-overlay.ts')).linkOverlay,
  'pack-bundle': async () => (await import('./pack-bundle.ts')).packBundle,
  'render-host-overlay': async () => (await import('./render-host-overlay.ts')).renderHostOverlay,
  'render-guest-tree': async () => (await import('./render-guest-tree.ts')).renderGuestTree,
  'render-scmi-tree': async () => (await import('./render-scmi-tree.ts')).renderScmiTree,
  'render-orin-tree': async () => (await import('./render-orin-tree.ts')).renderOrinTree,
  'write-run-script': async () => (await import('./write-run-script.ts')).writeRunScript,
  'sync-bsp': async () => (await import('./sync-bsp.ts')).syncBsp,
  'sync-tree': async () => (await import('./sync-tree.ts')).syncTreeStep,
  'unpack-public-sources': async () => (await import('./unpack-public-sources.ts')).unpackPublicSources,
};

/** The code of one kind of step. The compiler sees to it that every kind has a line above. */
export async function loadStep<K extends StepKind>(kind: K): Promise<Step<K>> {
  return LOADERS[kind]();
}
