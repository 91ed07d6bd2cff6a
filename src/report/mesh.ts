/** The results of a full mesh as text. */
import type { MeshReport } from '../verify/mesh/run.js';
import { count } from '../core/text.js';
import { seconds } from './lab.js';
import type { Style } from './style.js';

const SHOWN = 20;

export function meshText(report: MeshReport, style: Style): string {
  const { pairs, answered, apart, lost, lostPairs, again, duplicates, duration } = report;
  const rate = duration > 0 ? ` (${Math.round((answered / duration) * 1000)} a second)` : '';
  const mark = lost === 0 ? style.green('✓') : style.red('✗');
  const shown = lostPairs
    .slice(0, SHOWN)
    .map(({ from, to, address }) => `${style.red('✗')} ${from} -> ${to} (${address}): no answer`);
  const notes = [
    ...(again > 0 ? [`${count(again, 'pair')} asked more than once`] : []),
    ...(duplicates > 0 ? [`${count(duplicates, 'answer')} twice`] : []),
    ...(apart > 0 ? [`${count(apart, 'pair')} with no way, by the topology, not asked`] : []),
  ];
  return [
    ...shown,
    ...(lost > shown.length ? [style.dim(`… and ${lost - shown.length} more`)] : []),
    `${mark} ${answered} of ${count(pairs, 'pair')} answered in ${seconds(duration)}${rate}`,
    ...notes.map((note) => style.dim(`  ${note}`)),
  ].join('\n');
}
