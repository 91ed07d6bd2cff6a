/** A trace for people: a line a hop, what was translated under it, and the cause where there is no answer. */
import type { TraceHop, TraceResult, TracedAt, TracedRule, Translation } from '../apply/trace/result.js';
import { columns } from './style.js';
import type { Style } from './style.js';

export function traceText(result: TraceResult, style: Style): string {
  const { there, back, cause, unexpected, notes } = result;
  return [
    headOf(result, style),
    ...legLines(there.hops, '→', style),
    ...(back.hops.length > 0 ? legLines(back.hops, '←', style) : []),
    ...verdictLines(result, style),
    ...(cause ? causeLines(cause, style) : []),
    ...unexpected.map((text) => `${style.yellow('!')} not as the topology has it: ${text}`),
    ...notes.map((text) => `${style.yellow('!')} ${text}`),
  ].join('\n');
}

function headOf({ from, to, address, port, protocol }: TraceResult, style: Style): string {
  const end = port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const shown = to === end ? to : `${to} (${end})`;
  return `${style.bold(`${from} → ${shown}`)} ${style.dim(protocol)}`;
}

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
  at === undefined ? '' : `${at.interface}${at.segment === undefined ? '' : ` ${at.segment}`}`;

/** As it leaves, or as it came where it ends. */
function endsText({ in: came, out }: TraceHop): string {
  const packet = (out ?? came)?.packet;
  if (!packet) return '';
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : `${address}:${port}`;
  return `${end(packet.source, packet.sourcePort)} > ${end(packet.destination, packet.destinationPort)}`;
}

function translationLines({ field, before, after, rule }: Translation, style: Style): string[] {
  const by = rule ? ruleText(rule, style) : style.dim('connection tracking, the other way round');
  return [`      ${field} ${before} becomes ${style.green(after)}`, `        by ${by}`];
}

function ruleText({ text, at, own }: TracedRule, style: Style): string {
  const whose = at ? `${at.file}:${at.line}` : own ? 'labnet' : 'not of the topology';
  return `${style.dim(text)} (${whose})`;
}

function verdictLines({ answered, answer, mtu, cause }: TraceResult, style: Style): string[] {
  if (!answered || !answer) return [`${style.red('✗')} ${style.bold('no answer')}`];
  const line = `${style.green('✓')} answered: ${answer.text}, ${answer.rtt.toFixed(1)} ms`;
  if (!mtu || cause) return [line];
  const limit = mtu.limitedBy === undefined ? '' : `: ${mtu.limitedBy} says so`;
  return [`${line}; path MTU ${mtu.bytes ?? mtu.sent}${limit}`];
}

function causeLines({ text, evidence, fix, at }: NonNullable<TraceResult['cause']>, style: Style): string[] {
  return [
    `${style.red('✗')} ${style.bold(text)}${at ? ` (${at.file}:${at.line})` : ''}`,
    ...evidence.map((line) => style.dim(`    | ${line}`)),
    ...(fix === undefined ? [] : [`    ${style.cyan('fix')}: ${fix}`]),
  ];
}
