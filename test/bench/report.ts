/** Results as text for people. */
import type { DataPlane } from './dataplane.js';
import type { Growth } from './growth.js';
import type { Results } from './results.js';
import type { SizeResult } from './size.js';
import type { SshResult } from './ssh.js';

/** Milliseconds as seconds, with as many digits as mean something. */
const seconds = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? '-' : (milliseconds / 1e3).toPrecision(3);

/** Of milliseconds for so many. */
const micros = (milliseconds: number, count: number): string => ((milliseconds / count) * 1e3).toFixed(1);

const times = (value: number | undefined): string => (value === undefined ? '-' : `${value}x`);

type Column = readonly [title: string, cell: (size: SizeResult, results: Results) => string];
const ratio =
  (name: string) =>
  ({ hosts }: SizeResult, { ratios }: Results): string =>
    times(ratios[`wan-${hosts} ${name}`]);

const COLUMNS: readonly Column[] = [
  ['wan-N', ({ hosts }) => String(hosts)],
  ['up: floor', ({ floor }) => seconds(floor.total)],
  ['labnet', ({ labnet }) => seconds(labnet.up)],
  ['mininet', ({ mininet }) => seconds(mininet?.up)],
  ['labnet/floor', ratio('labnet up / floor up')],
  ['mininet/labnet', ratio('mininet up / labnet up')],
  ['change', ({ labnet }) => seconds(labnet.change)],
  ['verify', ({ verify }) => seconds(verify)],
  ['down', ({ labnet }) => seconds(labnet.down)],
  ['down/floor up', ratio('labnet down / floor up')],
  ['mininet', ({ mininet }) => seconds(mininet?.down)],
  ['up after down', ({ labnet }) => seconds(labnet.again)],
  ['peak MB', ({ memory }) => memory.peak.toFixed(0)],
  ['of verify', ({ memory }) => memory.verify.toFixed(0)],
  ['idle MB', ({ memory }) => String(memory.idle)],
  ['kernel kB/host', ({ memory }) => String(memory.kernelAHost)],
  ['answered', ({ answers }) => `${answers.answered}/${answers.hosts}`],
];

export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((one) => one[column]?.length ?? 0)));
  return rows
    .map((one) => one.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
    .join('\n');
}

export function reportText(results: Results): string {
  const { startup, sizes, growth, data, ssh } = results;
  const starts = startup && [
    ['', 'node -e 0', '--help', 'validate'],
    ['ms', String(startup.node), String(startup.help), String(startup.validate)],
    ['', '', times(results.ratios['labnet --help / node']), times(results.ratios['labnet validate / node'])],
  ];
  return [
    ...(starts ? ['Start-up, whole processes:', tableText(starts), ''] : []),
    ...(sizes.length > 0 ? [...sizesText(results), ''] : []),
    ...(growth.length > 0 ? [...growthText(growth), ''] : []),
    ...(data ? [...dataText(data), ''] : []),
    ...(ssh ? [...sshText(ssh), ''] : []),
  ].join('\n');
}

function sizesText(results: Results): string[] {
  const { sizes } = results;
  const rows = sizes.map((size) => COLUMNS.map(([, cell]) => cell(size, results)));
  const phases = sizes.map(
    ({ hosts, floor }) =>
      `floor of wan-${hosts}, ms: namespaces ${floor.namespaces}, links ${floor.links}, addresses and routes ${floor.addresses}, NAT (nf_tables by netlink) ${floor.nat}`,
  );
  const pings = sizes.map(
    ({ hosts, answers, labnet }) =>
      `labnet's wan-${hosts}: all ping at once in ${answers.cold.toFixed(1)} ms, again in ${answers.warm.toFixed(1)} ms; after down the kernel is done in ${labnet.cleanup} ms`,
  );
  const meshes = sizes.flatMap(({ hosts, mesh }) =>
    mesh
      ? `wan-${hosts}, full mesh: ${mesh.answered} of ${mesh.pairs} pairs answered, ${mesh.rate} a second, ${mesh.again} asked again; ${micros(mesh.cpu, mesh.pairs)} us of processor time a pair, the floor ${micros(mesh.floor.meshProcessor, mesh.floor.meshAnswered)} us`
      : [],
  );
  return [
    tableText([COLUMNS.map(([title]) => title), ...rows]),
    'Seconds, medians. Floor and Mininet without their start, labnet a whole process from the shell.',
    ...phases,
    ...pings,
    ...meshes,
  ];
}

function growthText(growth: readonly Growth[]): string[] {
  const rows = growth.map(({ command, small, large, cpuRatio, peakRatio }) => [
    command,
    String(small.cpu),
    String(large.cpu),
    times(cpuRatio),
    String(small.peak),
    String(large.peak),
    times(peakRatio),
  ]);
  const titles = ['Growth', 'cpu ms: small', 'large', 'a host', 'peak MB: small', 'large', 'a host'];
  return [tableText([titles, ...rows])];
}

function dataText(data: DataPlane): string[] {
  const rows = Object.entries(data).map(([name, { tcp1, tcp4, packets, rtt }]) => [
    name,
    ...[tcp1, tcp4, packets, rtt].map(String),
  ]);
  const titles = ['Two 1:1 NATs', 'TCP Gbit/s', '4 streams', 'UDP of 64 B, 1000/s', 'round trip us'];
  return [tableText([titles, ...rows])];
}

function sshText({ machines, script, first, second, ...ssh }: SshResult): string[] {
  const rows = [
    ['labnet', seconds(ssh.up), seconds(ssh.again), seconds(ssh.down)],
    ['ssh sh -s', seconds(ssh.scripts), seconds(ssh.scriptsAgain), ''],
  ];
  const traffic = ([name, { handshakes, sessions, kilobytes }]: readonly [
    string,
    SshResult['first'],
  ]): string => `${name} a machine: ${handshakes} handshake(s), ${sessions} session(s), ${kilobytes} kB sent`;
  return [
    tableText([[`${machines} over SSH, s`, 'up', 'again', 'down'], ...rows]),
    ...(
      [
        ['up', first],
        ['again', second],
      ] as const
    ).map(traffic),
    `A machine's script has ${script} kB.`,
  ];
}
