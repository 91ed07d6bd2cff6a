/** A trace for people: a line a hop, what was translated under it, and the cause where there is no answer. */
import type {
  TraceCause,
  TracedAt,
  TracedPacket,
  TracedRule,
  TraceHop,
  TraceResult,
  Translation,
} from '../apply/trace/result.js';
import { columns } from './style.js';
import type { Style } from './style.js';

export function traceText(result: TraceResult, style: Style): string {
  const { there, back, unexpected, notes } = result;
  return [
    style.bold(headText(result)),
    ...legLines(there.hops, '→', style),
    ...(back.hops.length > 0 ? legLines(back.hops, '←', style) : []),
    ...verdictLines(result, style),
    ...unexpected.map((text) => `${style.yellow('!')} not as the topology has it: ${text}`),
    ...notes.map((text) => `${style.yellow('!')} ${text}`),
  ].join('\n');
}

/** What was asked for. */
export function headText({ from, to, address, port, protocol }: TraceResult): string {
  const end = endOf(address, port);
  return `${from} → ${to === end ? to : `${to} (${end})`}, ${protocol}`;
}

const endOf = (address: string, port: number | undefined): string =>
  port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;

export const packetText = ({ source, sourcePort, destination, destinationPort }: TracedPacket): string =>
  `${endOf(source, sourcePort)} > ${endOf(destination, destinationPort)}`;

/** How it ended, in a sentence. */
export function verdictText({ answered, answer, mtu, cause }: TraceResult): string {
  if (!answered || !answer) return `no answer: ${cause?.text ?? 'and no cause to be seen'}${placeOf(cause)}`;
  const line = `answered: ${answer.text}, ${answer.rtt.toFixed(1)} ms`;
  if (cause) return `${line}; but ${cause.text}${placeOf(cause)}`;
  if (!mtu) return line;
  return `${line}; path MTU ${mtu.bytes ?? mtu.sent}${mtu.limitedBy === undefined ? '' : `, as ${mtu.limitedBy} says`}`;
}

const placeOf = (cause: TraceCause | undefined): string =>
  cause?.at ? ` (${cause.at.file}:${cause.at.line})` : '';

function legLines(hops: readonly TraceHop[], arrow: string, style: Style): string[] {
  const table = columns(
    hops.map((hop) => [
      `${arrow} ${hop.machine}`,
      placeText(hop.in),
      hop.in && hop.out ? '→' : '',
      placeText(hop.out),
      endsText(hop),
    ]),
  ).split('\n');
  return hops.flatMap((hop, index) => [
    (table[index] ?? '').replace(arrow, style.cyan(arrow)),
    ...hop.translations.flatMap((one) => translationLines(one, style)),
  ]);
}

const placeText = (at: TracedAt | undefined): string =>
  at === undefined ? '' : [at.interface, at.segment ?? at.tunnel ?? ''].join(' ').trimEnd();

/** As it leaves, or as it came where it ends. */
function endsText({ in: came, out }: TraceHop): string {
  const packet = (out ?? came)?.packet;
  return packet ? packetText(packet) : '';
}

function translationLines({ field, before, after, rule }: Translation, style: Style): string[] {
  const by = rule ? ruleText(rule, style) : style.dim('connection tracking, the other way round');
  return [`      ${field} ${before} becomes ${style.green(after)}`, `        by ${by}`];
}

function ruleText({ text, at, own }: TracedRule, style: Style): string {
  const whose = at ? `${at.file}:${at.line}` : own ? 'labnet' : 'not of the topology';
  return `${style.dim(text)} (${whose})`;
}

function verdictLines(result: TraceResult, style: Style): string[] {
  const { answered, cause } = result;
  const isGood = answered && !cause;
  const mark = isGood ? style.green('✓') : style.red('✗');
  return [
    `${mark} ${isGood ? verdictText(result) : style.bold(verdictText(result))}`,
    ...(cause?.evidence ?? []).map((line) => style.dim(`    | ${line}`)),
    ...(cause?.fix === undefined ? [] : [`    ${style.cyan('fix')}: ${cause.fix}`]),
  ];
}
