/** The comparison of a bundle and its replay as text. */
import type { Compared, Difference } from '../apply/bundle/differences.js';
import type { Replayed } from '../apply/bundle/replay.js';
import { count } from '../core/text.js';
import { printable } from './diagnostics.js';
import type { Style } from './style.js';

const SHOWN = 20;

export function replayText({ lab, created, equal, parts, stateDir }: Replayed, style: Style): string {
  const last = equal
    ? style.green(`${lab} is judged here as it was on ${created}`)
    : style.red(`${lab} is not judged here as it was on ${created}`);
  const kept =
    stateDir === undefined
      ? []
      : [`it runs on, recorded elsewhere: 'labnet down ${lab} --state-dir ${stateDir}' takes it down`];
  return [...parts.flatMap((part) => partLines(part, style)), '', last, ...kept].join('\n');
}

function partLines({ part, same, differs }: Compared, style: Style): string[] {
  if (differs.length === 0)
    return [`${style.green('=')} ${part}: ${same === 0 ? 'none' : 'equal'}${same > 1 ? ` (${same})` : ''}`];
  const head = `${style.red('≠')} ${style.bold(part)}: ${count(differs.length, 'difference')}, ${same} equal`;
  const more = differs.length > SHOWN ? [style.dim(`    … and ${differs.length - SHOWN} more`)] : [];
  return [head, ...differs.slice(0, SHOWN).flatMap((one) => differenceLines(one, style)), ...more];
}

function differenceLines({ what, before, now }: Difference, style: Style): string[] {
  const isShort = !before.includes('\n') && !now.includes('\n') && before.length + now.length < 80;
  if (isShort) return [`    ${printable(what)}: ${told(before)} -> ${told(now)}`];
  const side = (mark: string, text: string): string[] =>
    text === '' ? [] : text.split('\n').map((line) => `      ${mark} ${printable(line)}`);
  return [`    ${printable(what)}:`, ...side(style.red('-'), before), ...side(style.green('+'), now)];
}

const told = (text: string): string => (text === '' ? 'not there' : printable(text));
