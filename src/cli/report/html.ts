// SPDX-License-Identifier: Apache-2.0

/** Text as it is, between tags and in attributes with double quotes: names of a tree may be anything. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A table; cells that are lists hold markup, others text. */
export function htmlTable(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.map((each) => `<th>${escapeHtml(each)}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map(htmlCell).join('')}</tr>`);
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}

/** Text, or markup of ours. */
export type Cell = string | { readonly markup: string };

function htmlCell(cell: Cell): string {
  return `<td>${typeof cell === 'string' ? escapeHtml(cell) : cell.markup}</td>`;
}

/** A list of plain lines; a sentence where there are none. */
export function htmlList(lines: readonly string[], none: string): string {
  if (lines.length === 0) return `<p>${escapeHtml(none)}</p>`;
  return `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
}
