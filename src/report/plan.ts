/** Planned and made changes as text. */
import type { PlannedChange } from '../apply/planned.js';
import { count } from '../core/text.js';
import type { Style } from './style.js';

const LISTED_AT_MOST = 60;
const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

type Shown = {
  readonly name: string;
  readonly running: boolean;
  readonly observed: boolean;
  readonly changes: readonly PlannedChange[];
};

export function planText({ name, running, observed, changes }: Shown, all: boolean, style: Style): string {
  if (changes.length === 0) {
    const sure = observed ? 'is what the file says' : 'is by its record what the file says';
    return `${style.green('✓')} ${style.bold(name)} ${sure}: nothing to be done`;
  }
  const head = running
    ? `${style.bold(name)} runs; 'labnet up' would make ${count(changes.length, 'change')}:`
    : `${style.bold(name)} does not run; 'labnet up' would make all of it:`;
  return [head, ...changeLines(changes, all, style, running)].join('\n');
}

export function driftText(
  name: string,
  changes: readonly PlannedChange[],
  all: boolean,
  style: Style,
): string {
  if (changes.length === 0) return `${style.green('✓')} ${style.bold(name)} is as it was made`;
  const head = `${style.red('✗')} ${style.bold(name)} is not as it was made; 'labnet up' with its file would make ${count(changes.length, 'change')}:`;
  return [head, ...changeLines(changes, all, style, false)].join('\n');
}

/** One line for each change, and for changed rules one for each mapping. */
export function changeLines(
  changes: readonly PlannedChange[],
  all: boolean,
  style: Style,
  hasReasons = true,
): string[] {
  const shown = all ? changes : changes.slice(0, LISTED_AT_MOST);
  const paint = { added: style.green, removed: style.red, changed: style.yellow };
  const lines = shown.flatMap(({ change, text, reason, details = [] }) => [
    `  ${paint[change](SIGNS[change])} ${text}${hasReasons && reason === 'hand' ? style.dim(' (changed by hand)') : ''}`,
    ...details.map((detail) => `      ${detail}`),
  ]);
  const more = changes.length - shown.length;
  return more > 0 ? [...lines, style.dim(`  … and ${more} more: --all`)] : lines;
}
