/** Colours for terminals (https://no-color.org, https://force-color.org). */
import { styleText } from 'node:util';

type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim';
export type Style = Readonly<Record<Colour, (text: string) => string>>;

export function styleFor(stream: { readonly isTTY?: boolean }): Style {
  const { NO_COLOR: never, FORCE_COLOR: always, TERM } = process.env;
  const isOn =
    always !== undefined && always !== '0'
      ? true
      : stream.isTTY === true && (never === undefined || never === '') && TERM !== 'dumb';
  // Decided here, as node only looks at standard output, and by other rules.
  const paint = (colour: Colour) => (text: string) =>
    isOn ? styleText(colour, text, { validateStream: false }) : text;
  return {
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    bold: paint('bold'),
    dim: paint('dim'),
  };
}

const asIs = (text: string): string => text;
/** For files: no colours, whatever the environment says. */
export const PLAIN: Style = { red: asIs, green: asIs, yellow: asIs, cyan: asIs, bold: asIs, dim: asIs };

/** Columns as wide as their widest cell, two spaces apart; the last is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      `${indent}${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
