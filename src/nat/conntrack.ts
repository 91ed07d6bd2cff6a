/** Timeouts in the kernel's words (Documentation/networking/nf_conntrack-sysctl.rst): one set a router. */
import type { Timeouts } from '../core/nat-words.js';
import type { Machine } from '../model/lab.js';

/** What is neither established nor gone: RFC 5382 REQ-5's transitory connections. */
const TRANSITORY = ['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack', 'time_wait'];

const KEYS: Readonly<Record<keyof Timeouts, readonly string[]>> = {
  udp: ['udp_timeout'],
  'udp-stream': ['udp_timeout_stream'],
  'tcp-established': ['tcp_timeout_established'],
  'tcp-transitory': TRANSITORY.map((state) => `tcp_timeout_${state}`),
  icmp: ['icmp_timeout'],
};

/** By sysctl(8) name; none for a router that shares no address. */
export function conntrackSysctls({ nat }: Machine): Record<string, string> {
  const shared = nat.find((one) => one.kind === 'masquerade');
  if (!shared) return {};
  const { timeouts } = shared.behaviour;
  return Object.fromEntries(
    (Object.keys(KEYS) as (keyof Timeouts)[]).flatMap((name) =>
      KEYS[name].map((key) => [`net.netfilter.nf_conntrack_${key}`, `${timeouts[name]}`]),
    ),
  );
}
