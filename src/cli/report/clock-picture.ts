// SPDX-License-Identifier: Apache-2.0
import { instance } from '@viz-js/viz';
import { buildClockTree, type ClockNode } from '../../firmware/clock-tree.ts';
import { formatId, type IdClass, type VmPolicy } from '../../policy/policy.ts';

/** How a clock is drawn, and what the word for it is: colour is never alone. */
export const CLOCK_LOOKS = {
  own: { fill: '#c6e7c8', word: 'own' },
  shared: { fill: '#fde6a8', word: 'shared' },
  withheld: { fill: '#f6c9c5', word: 'withheld' },
  ancestor: { fill: '#e8e8e8', word: 'ancestor' },
} as const satisfies Record<IdClass | 'ancestor', { fill: string; word: string }>;

/** A tree may name more clocks than Graphviz draws in seconds, or anybody looks at. */
const MOST_CLOCKS = 300;

/**
 * The clocks of a policy and all above them as an SVG. Parents are those of the firmware model: the ones that a clock has after
 * power-on are solid, others that it may have are dashed.
 *
 * @param switched ids of clocks that a run switched, which have a thick border
 * @returns undefined where the policy has no clock, or more than are drawn
 */
export async function clockPicture(
  policy: VmPolicy,
  switched: ReadonlySet<number>,
): Promise<string | undefined> {
  const clocks = policy.ids.filter(({ kind }) => kind === 'clock');
  if (clocks.length === 0 || clocks.length > MOST_CLOCKS) return undefined;
  const tree = new Map(buildClockTree().map((node) => [node.id, node]));
  const given = new Map(clocks.map((each) => [each.id, each]));
  const drawn = withAncestors([...given.keys()], tree);
  const nodes = drawn.map((id) => {
    const policyId = given.get(id);
    const { fill, word } = CLOCK_LOOKS[policyId?.class ?? 'ancestor'];
    const name =
      policyId === undefined ? `${tree.get(id)?.name} (${id})` : formatId(policyId).replace(/^clock /, '');
    const words = switched.has(id) ? `${word}, switched in this run` : word;
    // Graphviz reads escapes in labels: `\\N` would be another name.
    const label = `${name.replaceAll('\\', '\\\\')}\n${words}`;
    return { name: String(id), attributes: { label, fillcolor: fill, penwidth: switched.has(id) ? 3 : 1 } };
  });
  const graph = {
    graphAttributes: { rankdir: 'LR', bgcolor: 'transparent', nodesep: 0.15 },
    nodeAttributes: {
      shape: 'box',
      style: 'filled,rounded',
      fontname: 'sans-serif',
      fontsize: 11,
      margin: '0.25,0.08',
    },
    nodes,
    edges: drawn.flatMap((id) => edgesTo(id, tree)),
  };
  const svg = (await instance()).renderString(graph, { format: 'svg' });
  return svg.slice(svg.indexOf('<svg'));
}

/** The ids, and all that is above them by any of their parents. */
function withAncestors(ids: readonly number[], tree: ReadonlyMap<number, ClockNode>): readonly number[] {
  const all = new Set(ids);
  // A Set that grows while it is walked is walked to its end.
  for (const id of all) for (const parent of tree.get(id)?.parents ?? []) all.add(parent);
  return [...all];
}

function edgesTo(id: number, tree: ReadonlyMap<number, ClockNode>) {
  return (tree.get(id)?.parents ?? []).map((parent, at) => ({
    tail: String(parent),
    head: String(id),
    attributes: { style: at === 0 ? 'solid' : 'dashed', color: at === 0 ? '#333333' : '#888888' },
  }));
}
