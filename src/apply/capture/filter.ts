/** Errors of a capture filter, which is compiled before the capture starts, as diagnostics that point into it. */
import type { Diagnostic, Place } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';

const FIX =
  "as tcpdump has it, such as 'icmp', 'tcp port 80' or 'host 10.0.0.1 and not arp': man pcap-filter";
const LINK_FIX = 'name one segment, as MACHINE:SEGMENT: all interfaces together have no Ethernet addresses';

export const filterError = (filter: string, trouble: string, names: readonly string[]): LabnetError =>
  new LabnetError([filterDiagnostic(trouble, placeIn(filter, trouble), names)], 2);

/**
 * @param trouble what tcpdump says of it
 * @param names of machines
 */
export function filterDiagnostic(trouble: string, at: Place, names: readonly string[]): Diagnostic {
  const unknown = unknownIn(trouble);
  if (unknown !== undefined) {
    const fix = didYouMean(unknown, names, 'machines');
    return diagnostic('capture-filter', `the filter: ${trouble}`, { at, fix });
  }
  const fix = /only on ethernet|not supported on|link layer/i.test(trouble) ? LINK_FIX : FIX;
  return diagnostic('capture-filter', `the filter: ${trouble}`, { at, fix });
}

/** The name of a host that is in no hosts file. */
export const unknownIn = (trouble = ''): string | undefined => /^unknown host '([\w.-]+)'/.exec(trouble)?.[1];

/** The wrong word, or the whole filter. */
function placeIn(filter: string, trouble: string): Place {
  const words = [...trouble.matchAll(/['"]([^'"]+)['"]|(\S+)$/g)].flatMap(
    ([, quoted, last]) => quoted ?? last ?? [],
  );
  const found = words.find((word) => filter.includes(word));
  const at = found === undefined ? 0 : filter.indexOf(found);
  return {
    file: '--filter',
    line: 1,
    column: at + 1,
    length: found?.length ?? Math.max(1, filter.length),
    text: filter,
  };
}
