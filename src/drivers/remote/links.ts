/** What links of a lab cannot be made by drivers of real machines. */
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { list } from '../../core/suggest.js';
import type { Lab } from '../../model/lab.js';

/** An error where the lab has links: they are refused, and not left out without a word. */
export function linksRefused({ machines }: Lab, driver: string): Diagnostic[] {
  const linked = machines.flatMap(({ name, interfaces }) =>
    interfaces.flatMap(({ link, segment }) => (link ? [`${name}:${segment}`] : [])),
  );
  if (linked.length === 0) return [];
  const message = `the driver ${driver} does not make links yet, which the file has at ${list(linked)}`;
  return [
    diagnostic('link-unsupported', message, {
      fix: "bring it up on namespaces, or take 'link' out of the file",
    }),
  ];
}
