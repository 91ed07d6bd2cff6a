/** The links of a lab as a list: what the file says of each, and what it is now. */
import { linkText } from './words.js';
import type { Link } from './impairment.js';

export type LinkLine = {
  readonly machine: string;
  readonly segment: string;
  /** The link as it is now, in words; empty where it does nothing to packets. */
  readonly link: string;
  /** The link as in the file, where that differs. */
  readonly file?: string;
  /** What was measured, in words, with the verdict. */
  readonly measured?: string;
  readonly status?: 'pass' | 'fail' | 'error';
};

type Linked = {
  readonly name: string;
  readonly interfaces: readonly {
    readonly segment: string;
    readonly link?: Link;
    readonly declared?: Link;
  }[];
};

export const linkLines = (machines: readonly Linked[]): LinkLine[] =>
  machines.flatMap(({ name, interfaces }) =>
    interfaces.flatMap(({ segment, link, declared }): LinkLine[] =>
      link || declared
        ? [
            {
              machine: name,
              segment,
              link: linkText(link ?? {}),
              ...(declared && { file: linkText(declared) }),
            },
          ]
        : [],
    ),
  );

type Measured = {
  readonly id: string;
  readonly observed: string;
  readonly status: 'pass' | 'fail' | 'error';
};

/** The id of the check that measures a link. */
export const linkCheck = ({ machine, segment }: Pick<LinkLine, 'machine' | 'segment'>): string =>
  `link/${machine}:${segment}`;

export function measuredLines(lines: readonly LinkLine[], measured: readonly Measured[]): LinkLine[] {
  const of = new Map(measured.map((one) => [one.id, one]));
  return lines.map((line) => {
    const found = of.get(linkCheck(line));
    return found ? { ...line, measured: found.observed, status: found.status } : line;
  });
}
