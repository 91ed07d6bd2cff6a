/** Links as text: declared and measured values, changes, and the presets. */
import type { PlannedChange } from '../apply/planned.js';
import type { LinkLine } from '../link/listed.js';
import type { LinkPreset } from '../link/presets.js';
import type { Style } from './style.js';
import { columns } from './style.js';

export function linksChangedText(
  lab: string,
  words: string,
  changes: readonly PlannedChange[],
  style: Style,
): string {
  const nothing = changes.length === 0 ? style.dim(' (as it was)') : '';
  const marks = { added: '+', removed: '-', changed: '~' } as const;
  return [
    `${style.green('✓')} ${lab}: ${words}${nothing}`,
    ...changes.slice(0, 20).map(({ change, text }) => style.dim(`  ${marks[change]} ${text}`)),
    ...(changes.length > 20 ? [style.dim(`  … and ${changes.length - 20} more`)] : []),
  ].join('\n');
}

export function linksText(lab: string, links: readonly LinkLine[], style: Style): string {
  if (links.length === 0) return `${lab} has no links that do anything to packets`;
  const isMeasured = links.some(({ measured }) => measured !== undefined);
  const rows = links.map((one) => [
    `${one.machine}:${one.segment}`,
    one.link || 'nothing',
    ...(isMeasured ? [one.measured ?? '-', one.status ?? ''] : []),
  ]);
  const [head = '', ...body] = columns([
    ['link', 'declared', ...(isMeasured ? ['measured', ''] : [])],
    ...rows,
  ]).split('\n');
  const lines = body.flatMap((line, index) => {
    const file = links[index]?.file;
    return file === undefined
      ? [line]
      : [line, style.dim(`    set while it runs; the file says: ${file || 'nothing'}`)];
  });
  return [style.dim(head), ...lines].join('\n');
}

export function linkPresetsText(presets: Readonly<Record<string, LinkPreset>>, style: Style): string {
  return Object.entries(presets)
    .map(([name, { about, source, both, up, down }]) =>
      [
        `${style.bold(name)}: ${about}`,
        `  ${JSON.stringify(both)}${up ? ` up ${JSON.stringify(up)}` : ''}${down ? ` down ${JSON.stringify(down)}` : ''}`.replaceAll(
          '"',
          '',
        ),
        style.dim(`  ${source}`),
      ].join('\n'),
    )
    .join('\n');
}
