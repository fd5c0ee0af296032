// SPDX-License-Identifier: Apache-2.0
import type { TransferEntry } from '../../firmware/transcript.ts';
import { formatId, type VmPolicy } from '../../policy/policy.ts';
import { type OutputKind, openOutput } from '../../tools/files/output-file.ts';
import { CLOCK_LOOKS, clockPicture } from './clock-picture.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { runSections, switchedClocks, transferSection } from './page-run.ts';
import type { RunReport } from './run-report.ts';

/** What a page is made of. */
export type PageParts = {
  readonly title: string;
  readonly policies: readonly VmPolicy[];
  /** Of a run: what it came to, and every transfer that reached the firmware, oldest first; a run that goes on has neither yet. */
  readonly run?: { readonly report?: RunReport; readonly transfers: readonly TransferEntry[] };
};

/** How a page of ours is known. */
const MARK = '<!-- A page of bpmp-virt -->';
const PAGE: OutputKind = { what: 'a page', isOurs: (head) => head.includes(MARK) };

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
td:first-child { min-width: 5rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.word { white-space: nowrap; padding: 0 .4rem; border-radius: .3rem; }
.picture { overflow-x: auto; }
.picture svg { max-width: none; }
.when { min-width: 12rem; }
.when i { display: block; width: 3px; height: 1em; background: #2a6fb0; }
.when i.bad { background: #b3261e; }
`;

/** One page with everything in it: it loads nothing and runs nothing, and a browser is told so. */
export async function formatPage({ title, policies, run }: PageParts): Promise<string> {
  const switched = switchedClocks(run?.transfers ?? []);
  const sections = [];
  for (const policy of policies) sections.push(await policySection(policy, switched));
  return `<!doctype html>
${MARK}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${run === undefined ? '' : runSections(run.report)}
${sections.join('\n')}
${run === undefined ? '' : transferSection(run.transfers)}
</body>
</html>
`;
}

/** Write a page to a file that a person named. @throws {UsageError} something else is there, which stays */
export async function writePage(path: string, parts: PageParts): Promise<void> {
  const text = await formatPage(parts);
  const file = await openOutput(path, PAGE);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

const NO_PICTURE = '<p>No picture: the policy has no clock, or more than anybody could look at.</p>';

async function policySection(policy: VmPolicy, switched: ReadonlySet<number>): Promise<string> {
  const picture = await clockPicture(policy, switched);
  const devices = policy.devices.map(({ node }) => `<code>${escapeHtml(node.path)}</code>`).join(', ');
  const rows = policy.ids.map((id) => {
    const { fill, word } = CLOCK_LOOKS[id.class];
    return [
      formatId(id),
      { markup: `<span class="word" style="background:${fill}">${word}</span>` },
      id.reason,
    ];
  });
  const tree = `<p>Solid: the parent after power-on; dashed: another that the clock may have. Parents are those of the firmware
model, as NVIDIA publishes none.</p><div class="picture">${picture}</div>`;
  return `<h2>${escapeHtml(policy.vm)}: what it may use</h2>
<p>Devices: ${devices}</p>
${htmlTable(['Id', 'Class', 'Reason'], rows)}
<h2>${escapeHtml(policy.vm)}: its clocks</h2>
${picture === undefined ? NO_PICTURE : tree}`;
}
