/** How often the kernel had no room for a neighbour: its table is one for all namespaces, and drops what it cannot resolve. */
import { readText } from '../../sys/limits.js';

/** Since the computer was started; undefined where it does not say, as in a container. */
export function refusedNeighbours(): number | undefined {
  const texts = ['arp_cache', 'ndisc_cache'].flatMap((name) => readText(`/proc/net/stat/${name}`) ?? []);
  return texts.length === 0 ? undefined : texts.reduce((sum, text) => sum + countRefused(text), 0);
}

/** @param text a line of names and one of hexadecimal numbers for each processor (Linux, net/core/neighbour.c) */
export function countRefused(text: string): number {
  const [names = '', ...lines] = text.trimEnd().split('\n');
  const column = names.trim().split(/\s+/).indexOf('table_fulls');
  return lines.reduce((sum, line) => sum + (parseInt(line.trim().split(/\s+/)[column] ?? '', 16) || 0), 0);
}
