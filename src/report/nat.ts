/** NAT behaviour as text: the presets, measured behaviour, and which pairs allow hole punching. */
import type { ProbedNat, Trait } from '../apply/nat/probe.js';
import type { Matrix, Pairing } from '../apply/nat/matrix.js';
import type { Preset } from '../nat/behaviour.js';
import type { Style } from './style.js';
import { columns } from './style.js';

export function presetsText(presets: Readonly<Record<string, Preset>>, style: Style): string {
  const head = ['preset', 'mapping', 'filtering', 'hairpin', 'ports'];
  const rows = Object.entries(presets).map(([name, { behaviour }]) => [
    name,
    behaviour.mapping,
    behaviour.filtering,
    behaviour.hairpin ? 'yes' : 'no',
    behaviour.ports,
  ]);
  const about = Object.entries(presets).map(
    ([name, preset]) => `${style.bold(name)}: ${preset.about}\n  ${style.dim(preset.source)}`,
  );
  return `${columns([head, ...rows], '')}\n\n${about.join('\n')}`;
}

export function probedText(nats: readonly ProbedNat[], style: Style): string {
  if (nats.length === 0) return 'no router of this lab has a masquerade that could be measured';
  return nats
    .map(
      ({ router, line, preset, traits }) =>
        `${style.bold(router)} (${preset}, line ${line})\n${traits.map((one) => traitLine(one, style)).join('\n')}`,
    )
    .join('\n\n');
}

const SIGNS = { pass: '✓', fail: '✗', error: '?' } as const;
const COLOURS = { pass: 'green', fail: 'red', error: 'yellow' } as const;

function traitLine({ trait, declared, observed, status, shows }: Trait, style: Style): string {
  const is = observed.join(' or ') || 'unclear';
  const instead = status === 'fail' ? `, declared ${declared}` : '';
  const detail = shows === '' ? '' : style.dim(` (${shows})`);
  return `${style[COLOURS[status]](SIGNS[status])} ${trait.padEnd(13)} ${is}${instead}${detail}`;
}

/** One table for each protocol: rows are one side, columns the other. */
export function matrixText({ presets, pairings }: Matrix, style: Style): string {
  const letters = presets.map((_, index) => String.fromCharCode(65 + index));
  const width = Math.max(...presets.map(({ length }) => length));
  const table = (protocol: string): string => {
    const head = `${protocol.toUpperCase().padEnd(width + 4)}${letters.map((letter) => letter.padStart(3)).join('')}`;
    const rows = presets.map((a, row) => {
      const cells = presets.map((b) => cellText(pairingOf(pairings, a, b, protocol), style));
      return `${letters[row] ?? ''}  ${a.padEnd(width + 1)}${cells.map((cell) => `  ${cell}`).join('')}`;
    });
    return [style.bold(head), ...rows].join('\n');
  };
  const odd = pairings.filter(isOdd).map(oddText);
  const note = `${style.green('✓')} connects directly  ${style.red('·')} needs a relay${odd.length > 0 ? `  ${style.yellow('!')} not as expected` : ''}`;
  return [table('udp'), '', table('tcp'), '', note, ...odd].join('\n');
}

const pairingOf = (
  pairings: readonly Pairing[],
  a: string,
  b: string,
  protocol: string,
): Pairing | undefined => pairings.find((one) => one.a === a && one.b === b && one.protocol === protocol);

export const isOdd = ({ connects, expected, error }: Pairing): boolean =>
  error !== undefined || connects !== expected;

const oddText = ({ a, b, protocol, connects, expected, error }: Pairing): string =>
  `${protocol} ${a} - ${b}: ${error ?? `${connects ? 'connects' : 'does not connect'}, and should${expected ? '' : ' not'}`}`;

function cellText(pairing: Pairing | undefined, style: Style): string {
  if (!pairing || isOdd(pairing)) return style.yellow('!');
  return pairing.connects ? style.green('✓') : style.red('·');
}
