// SPDX-License-Identifier: Apache-2.0
import { test } from 'vitest';
import { printDts } from '../../../src/dt/dts-text.ts';
import { phandlesOf } from '../../../src/dt/tree.ts';
import { makeFdt } from '../../helpers/trees/make-fdt.ts';
import { surviveMutations } from '../../helpers/trees/mutations.ts';
import { factsOf, NVIDIA_TREE, reportAll } from '../../helpers/trees/nvidia-tree.ts';

test('10,000 mutations of a tree give a result or an error with a hint: no crash, no hang, no heap', {
  timeout: 600_000,
}, () => {
  surviveMutations('a device tree', makeFdt(NVIDIA_TREE), 20_261_122, (mutation) => {
    const facts = factsOf(mutation);
    reportAll(facts);
    printDts(facts.index.tree, { references: phandlesOf(facts.index.tree) });
  });
});
