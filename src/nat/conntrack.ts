/** Timeouts in the kernel's words (Documentation/networking/nf_conntrack-sysctl.rst): one set a router. */
import type { Timeouts } from '../core/nat-words.js';
import type { Machine } from '../model/lab.js';
import { mappingFamily } from '../model/view.js';

/** States of connections that are being opened or closed: transitory connections in RFC 5382 REQ-5. */
const TRANSITORY = ['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack', 'time_wait'];

const KEYS: Readonly<Record<keyof Timeouts, readonly string[]>> = {
  udp: ['udp_timeout'],
  'udp-stream': ['udp_timeout_stream'],
  'tcp-established': ['tcp_timeout_established'],
  'tcp-transitory': TRANSITORY.map((state) => `tcp_timeout_${state}`),
  icmp: ['icmp_timeout'],
};

/** Settings by sysctl(8) name; none for a router without masquerade. */
export function conntrackSysctls({ nat }: Machine): Record<string, string> {
  const shared = nat.filter((one) => one.kind === 'masquerade');
  const [first] = shared;
  if (!first) return {};
  const { timeouts } = first.behaviour;
  const keys = (Object.keys(KEYS) as (keyof Timeouts)[]).flatMap((name) =>
    KEYS[name].map((key) => [key, timeouts[name]] as const),
  );
  const hasIpv6 = shared.some((one) => mappingFamily(one) === 6);
  const all = [...keys, ...(hasIpv6 ? [['icmpv6_timeout', timeouts.icmp] as const] : [])];
  return Object.fromEntries(all.map(([key, seconds]) => [`net.netfilter.nf_conntrack_${key}`, `${seconds}`]));
}
