/**
 * The kernel's trace of the rules that one packet meets (nft(8), "meta nftrace"): a table of labnet's selects it in each
 * machine, before all other rules, and empty chains show how far it came. The table is owned by the program that
 * made it (flags owner), so that the kernel removes it when that program ends, however it ends.
 */
import { Buffer } from 'node:buffer';
import { MARK } from '../../core/probe.js';

export const TABLE = 'labnet-trace';

/** Its chains by hook: the early one comes before all other rules, the late one after them. */
const STAGES = [
  ['prerouting', 'prerouting', -390],
  ['routing', 'prerouting', 2_000_000_000],
  ['input', 'input', -2_000_000_000],
  ['input-end', 'input', 2_000_000_000],
  ['forward', 'forward', -2_000_000_000],
  ['forward-end', 'forward', 2_000_000_000],
  ['output', 'output', -390],
  ['output-end', 'output', 2_000_000_000],
  ['postrouting', 'postrouting', -2_000_000_000],
  ['postrouting-end', 'postrouting', 2_000_000_000],
] as const;
export type Stage = (typeof STAGES)[number][0];

const MARK_HEX = Buffer.from(MARK).toString('hex');
const hex = (value: number): string => value.toString(16).padStart(8, '0');

export const tableOf = (run: number): string => `${TABLE}-${hex(run)}`;

/** Bits from the transport header on, of what an ICMP error quotes: its own header, the quoted IP header, and in that one's payload. */
const QUOTED = {
  4: { l4: 'icmp', mark: 288, sequence: 256 },
  6: { l4: 'ipv6-icmp', mark: 448, sequence: 416 },
} as const;

/** Matches the packets of a run, their answers, and ICMP errors about them: echoes and datagrams by the mark, TCP by its sequence number. */
function matches(run: number): string[] {
  const mark = `0x${MARK_HEX}${hex(run)}`;
  const families = [4, 6] as const;
  return [
    `meta l4proto { icmp, udp, ipv6-icmp } @th,64,64 ${mark}`,
    `tcp sequence ${run}`,
    `tcp ackseq ${(run + 1) % 2 ** 32}`,
    ...families.map((family) => `meta l4proto ${QUOTED[family].l4} @th,${QUOTED[family].mark},64 ${mark}`),
    ...families.map((family) => `meta l4proto ${QUOTED[family].l4} @th,${QUOTED[family].sequence},32 ${run}`),
    'meta nfproto ipv4 meta l4proto udp ip saddr . udp sport . ip daddr . udp dport @answers',
    'meta nfproto ipv6 meta l4proto udp ip6 saddr . udp sport . ip6 daddr . udp dport @answers6',
  ];
}

/** Matches the answer to a datagram, by the datagram as it leaves or arrives. */
function learning(run: number): string[] {
  const probe = `meta l4proto udp @th,64,64 0x${MARK_HEX}${hex(run)}`;
  return [
    `meta nfproto ipv4 ${probe} add @answers { ip daddr . udp dport . ip saddr . udp sport }`,
    `meta nfproto ipv6 ${probe} add @answers6 { ip6 daddr . udp dport . ip6 saddr . udp sport }`,
  ];
}

/** Input for interactive nft(8), one command per line; the last one runs until it is ended. */
function watchText(run: number, isOwned: boolean): string {
  const table = `inet ${tableOf(run)}`;
  const rules = (chain: Stage, texts: readonly string[]): string[] =>
    texts.map((text) => `add rule ${table} ${chain} ${text}`);
  const traced = matches(run).map((match) => `${match} meta nftrace set 1`);
  const lines = [
    `add table ${table}${isOwned ? ' { flags owner; }' : ''}`,
    `add set ${table} answers { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags dynamic; size 256; }`,
    `add set ${table} answers6 { type ipv6_addr . inet_service . ipv6_addr . inet_service; flags dynamic; size 256; }`,
    ...STAGES.map(
      ([name, hook, priority]) =>
        `add chain ${table} ${name} { type filter hook ${hook} priority ${priority}; }`,
    ),
    ...rules('prerouting', traced),
    ...rules('output', traced),
    ...rules('postrouting-end', learning(run)),
    ...rules('input-end', learning(run)),
    'monitor trace',
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether a monitor's output already contains the last packet of this run, which is sent after all others. */
export function sawLast(said: string, run: number): boolean {
  const own = `inet ${tableOf(run)} output`;
  return [...said.matchAll(LAST_SEEN)].some(
    ([, id = '', where]) => where === own && said.includes(`trace id ${id} ${own} rule `),
  );
}
const LAST_SEEN =
  /^trace id ([0-9a-f]+) (inet \S+ output) packet: oif "lo" .*ip daddr 127\.0\.0\.1 .*udp dport 9 /gm;

/**
 * Keeps nft running until its own standard input ends: labnet is done, was killed, or the
 * connection broke. nft listens once it is in the kernel's multicast group (proc(5), /proc/net/netlink).
 */
const WATCH_SCRIPT = `text=$1 unowned=$2 table=$3
exec 3<&0
# So that it ends with this shell also where that is killed before it watches over it.
bound=$(command -v setpriv) && bound="$bound --pdeathsig KILL --"
watching() {
  awk -v pid="$1" '$2 == 12 && $3 == pid && $4 != "00000000" { found = 1 } END { exit !found }' /proc/net/netlink
}
start() {
  printf '%s' "$1" | $bound nft -a -i 3<&- &
  nft=$!
  tries=0
  while kill -0 "$nft" 2>/dev/null && [ "$tries" -lt 300 ]; do
    if watching "$nft"; then
      # Of an old kernel, which knows no owners, it has no table.
      nft list table inet "$table" >/dev/null 2>&1 && return 0
      kill "$nft"
      return 1
    fi
    tries=$((tries + 1))
    sleep 0.01
  done
  return 1
}
start "$text" || { nft delete table inet "$table" 2>/dev/null; start "$unowned"; } || { echo "nft does not trace" >&2; exit 1; }
echo "watching rules" >&2
(while read -r line <&3; do :; done; kill -TERM "$nft"; nft delete table inet "$table") >/dev/null 2>&1 &
watch=$!
wait "$nft"
nft delete table inet "$table" 2>/dev/null
kill "$watch" 2>/dev/null
exit 0`;

export const watchArgv = (run: number): [string, ...string[]] => [
  ...(['sh', '-c', WATCH_SCRIPT, 'labnet-trace'] as const),
  watchText(run, true),
  watchText(run, false),
  tableOf(run),
];
