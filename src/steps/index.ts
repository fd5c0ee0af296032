// SPDX-License-Identifier: Apache-2.0
import type { StepKind } from '../plan/step-options.ts';
import type { Step } from './step.ts';

/** How the code of each kind is found: one lazy import per line, so that a plan loads only what it runs. */
const LOADERS: { readonly [K in StepKind]: () => Promise<Step<K>> } = {
  'apply-patches': async () => (await import('./apply-patches.ts')).applyPatchesStep,
  'build-host-tree': async () => (await import('./build-host-tree.ts')).buildHostTreeStep,
  'build-kernel': async () => (await import('./build-kernel.ts')).buildKernelStep,
  'build-scmi': async () => (await import('./build-scmi.ts')).buildScmiStep,
  'build-qemu': async () => (await import('./build-qemu.ts')).buildQemuStep,
  'build-sysroot': async () => (await import('./build-sysroot.ts')).buildSysrootStep,
  'configure-kernel': async () => (await import('./configure-kernel.ts')).configureKernelStep,
  'copy-overlay': async () => (await import('./copy-overlay.ts')).copyOverlayStep,
  'extract-archive': async () => (await import('./extract-archive.ts')).extractArchiveStep,
  'fetch-archive': async () => (await import('./fetch-archive.ts')).fetchArchiveStep,
  'fetch-debian-source': async () => (await import('./fetch-debian-source.ts')).fetchDebianSourceStep,
  'guest-image': async () => (await import('./guest-image.ts')).guestImageStep,
  'link-overlay': async () => (await import('./link-overlay.ts')).linkOverlayStep,
  'pack-bundle': async () => (await import('./pack-bundle.ts')).packBundleStep,
  'make-debian-image': async () => (await import('./make-debian-image.ts')).makeDebianImageStep,
  'render-host-overlay': async () => (await import('./render-host-overlay.ts')).renderHostOverlayStep,
  'render-guest-tree': async () => (await import('./render-guest-tree.ts')).renderGuestTreeStep,
  'render-scmi-tree': async () => (await import('./render-scmi-tree.ts')).renderScmiTreeStep,
  'render-orin-tree': async () => (await import('./render-orin-tree.ts')).renderOrinTreeStep,
  'write-run-script': async () => (await import('./write-run-script.ts')).writeRunScriptStep,
  'sync-bsp': async () => (await import('./sync-bsp.ts')).syncBspStep,
  'sync-tree': async () => (await import('./sync-tree.ts')).syncTreeStep,
  'unpack-public-sources': async () => (await import('./unpack-public-sources.ts')).unpackPublicSourcesStep,
};

/** The code of one kind of step. The compiler sees to it that every kind has a line above. */
export async function loadStep<K extends StepKind>(kind: K): Promise<Step<K>> {
  return LOADERS[kind]();
}
