/** Results as text for people. */
import type { Results, SizeResult } from './results.js';

/** Milliseconds as seconds, with as many digits as mean something. */
const seconds = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? '-' : (milliseconds / 1e3).toPrecision(3);

const times = (value: number | undefined): string => (value === undefined ? '-' : `${value}x`);

const COLUMNS = [
  'wan-N',
  'up: floor',
  'labnet',
  'mininet',
  'labnet/floor',
  'mininet/labnet',
  'down: floor',
  'labnet',
  'mininet',
  'mininet/labnet',
  'peak MB',
  'answered',
] as const;

const row = ({ ratios }: Results, size: SizeResult): string[] => [
  String(size.hosts),
  seconds(size.floor.total),
  seconds(size.labnet.up),
  seconds(size.mininet?.up),
  times(ratios[`wan-${size.hosts} labnet up / floor up`]),
  times(ratios[`wan-${size.hosts} mininet up / labnet up`]),
  seconds(size.floor.down),
  seconds(size.labnet.down),
  seconds(size.mininet?.down),
  times(ratios[`wan-${size.hosts} mininet down / labnet down`]),
  size.peakMemory.toFixed(0),
  `${size.answers.answered}/${size.answers.hosts}`,
];

export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((one) => one[column]?.length ?? 0)));
  return rows
    .map((one) => one.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
    .join('\n');
}

export function reportText(results: Results): string {
  const { startup, sizes } = results;
  const phases = sizes.map(
    ({ hosts, floor }) =>
      `floor of wan-${hosts}, ms: namespaces ${floor.namespaces}, links ${floor.links}, addresses and routes ${floor.addresses}, NAT (nf_tables by netlink) ${floor.nat}`,
  );
  const pings = sizes.map(
    ({ hosts, answers, labnet }) =>
      `labnet's wan-${hosts}: all ping at once in ${answers.cold} ms, again in ${answers.warm} ms; after down the kernel is done in ${labnet.cleanup} ms`,
  );
  return [
    tableText([[...COLUMNS], ...sizes.map((size) => row(results, size))]),
    'Seconds, medians. Floor and Mininet without their start, labnet a whole process from the shell.',
    '',
    ...phases,
    ...pings,
    `startup, ms: node -e 0 ${startup.node}, labnet --help ${startup.help}, labnet validate virtual-wan ${startup.validate}`,
  ].join('\n');
}
