/** The command line that runs tcpdump in a machine, and its messages. */
import type { CapturePlace } from './places.js';

/**
 * Finds the interface by its address, as machines name interfaces differently. Ends tcpdump when its standard input ends:
 * labnet is done, was killed, or the connection broke. `read` is built into the shell; another program waiting for that
 * would outlive the shell. The signal is TERM, as tcpdump ignores HUP under nohup.
 */
const SCRIPT = `address=$1
shift
interface=any
if [ -n "$address" ]; then
  interface=$(ip -o addr show to "$address" | awk '{ print $2; exit }')
  [ -n "$interface" ] || { echo "no interface has $address" >&2; exit 1; }
fi
exec 3<&0
tcpdump -i "$interface" "$@" 3<&- </dev/null &
capture=$!
(while read -r line <&3; do :; done; kill -TERM "$capture") >/dev/null 2>&1 &
watch=$!
wait "$capture"
code=$?
kill "$watch" 2>/dev/null
exit "$code"`;

export type CaptureMode = 'text' | 'packets';

/** tcpdump stays root, as a user namespace may have no other user to change to. */
const COMMON = ['-n', '--immediate-mode', '-Z', 'root'];
const MODES: Readonly<Record<CaptureMode, readonly string[]>> = {
  text: ['-l'],
  packets: ['-U', '-s', '262144', '-w', '-'],
};

export const captureArgv = (
  { address = '' }: CapturePlace,
  mode: CaptureMode,
  filter: string,
): readonly string[] => [
  ...['sh', '-c', SCRIPT, 'labnet-capture', address],
  ...COMMON,
  ...MODES[mode],
  ...expression(filter),
];

/** Compiles the filter for the link type of a place, without capturing. */
export const filterArgv = ({ address }: Pick<CapturePlace, 'address'>, filter: string): readonly string[] => [
  ...['tcpdump', '-d', '-y', address === undefined ? 'LINUX_SLL2' : 'EN10MB'],
  ...expression(filter),
];

/** One argument, whatever is in it, that is never taken for an option. */
const expression = (filter: string): string[] => (filter === '' ? [] : ['--', filter]);

export const isListening = (said: string): boolean => said.includes('listening on');

/** Its counters at the end: packets that passed the filter, and packets that the kernel dropped. */
export function countsOf(said: string): { readonly captured: number; readonly dropped: number } {
  const number = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? 0);
  return { captured: number(/(\d+) packets? captured/), dropped: number(/(\d+) packets? dropped by kernel/) };
}

/** Its error message. */
export const troubleOf = (said: string): string =>
  (
    said
      .trim()
      .split('\n')
      .filter((line) => !/listening on|packets? (captured|received|dropped)|verbose output/.test(line))
      .at(-1) ?? 'it said nothing'
  ).replace(/^tcpdump: /, '');
