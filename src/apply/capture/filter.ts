/** Errors of a capture filter, which is compiled before the capture starts, as diagnostics that point into it. */
import type { Diagnostic, Place } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';

const FIX =
  "as tcpdump has it, such as 'icmp', 'tcp port 80' or 'host 10.0.0.1 and not arp': man pcap-filter";
const LINK_FIX = 'name one segment, as MACHINE:SEGMENT: all interfaces together have no Ethernet addresses';

export const filterError = (filter: string, trouble: string): LabnetError =>
  new LabnetError([filterDiagnostic(trouble, placeIn(filter, trouble))], 2);

/** @param trouble what tcpdump says of it */
export function filterDiagnostic(trouble: string, at: Place): Diagnostic {
  const fix = /only on ethernet|not supported on|link layer/i.test(trouble) ? LINK_FIX : FIX;
  return diagnostic('capture-filter', `the filter: ${trouble}`, { at, fix });
}

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
