/** Names that other tools, operating systems and routers have for the keys of the language. */
import { didYouMean, nearest } from '../core/suggest.js';

const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  segments: ['networks', 'network', 'nets', 'lans', 'subnets', 'bridges', 'switches', 'vlans', 'links'],
  hosts: ['nodes', 'machines', 'clients', 'computers', 'vms', 'containers', 'devices', 'services', 'peers'],
  routers: ['gateways', 'firewalls'],
  checks: ['tests', 'validate', 'assertions', 'verify', 'expect'],
  name: ['title', 'lab', 'id'],
  subnet: ['cidr', 'prefix', 'network', 'net', 'range', 'ipv4', 'subnet4'],
  subnet6: ['ipv6', 'prefix6', 'subnetv6'],
  address: ['ip', 'addr', 'ipv4', 'ip4', 'address4'],
  address6: ['ipv6', 'ip6', 'addr6'],
  interfaces: ['ifaces', 'nics', 'networks', 'ports', 'ip'],
  gateway: ['gw', 'default-gateway', 'default-route', 'default'],
  routes: ['static-routes', 'routing'],
  count: ['number', 'amount', 'replicas', 'instances', 'scale', 'n'],
  masquerade: ['snat', 'nat44', 'masq', 'pat', 'napt', 'overload', 'inside', 'nat'],
  forward: ['dnat', 'port-forward', 'port-forwarding', 'portforward', 'publish', 'redirect', 'expose'],
  static: ['one-to-one', '1:1', 'binat', 'netmap', 'static-nat'],
  nat66: ['masquerade6', 'nat6', 'napt66'],
  nptv6: ['npt', 'npt66', 'netmap6'],
  via: ['out', 'outside', 'external', 'uplink', 'wan', 'outbound', 'out-interface', 'gateway', 'next-hop'],
  to: ['dest', 'destination', 'target', 'prefix'],
  preset: ['type', 'kind', 'behaviour', 'behavior'],
  public: ['pool', 'external-ip', 'public-ip', 'addresses'],
  ping: ['icmp', 'reach', 'reachable', 'connect'],
  blocked: ['deny', 'unreachable', 'no-ping', 'isolated'],
  delay: ['latency', 'rtt', 'lag'],
  jitter: ['variation', 'delay-variation'],
  up: ['upload', 'upstream', 'uplink', 'egress', 'outgoing', 'tx'],
  down: ['download', 'downstream', 'downlink', 'ingress', 'incoming', 'rx'],
  duplicate: ['dup', 'duplication'],
  corrupt: ['corruption', 'bit-errors'],
  reorder: ['reordering'],
  timeline: ['steps', 'events', 'actions', 'schedule', 'tasks', 'stages'],
  sweep: ['matrix', 'vars', 'variables', 'parameters', 'params'],
  repeat: ['repetitions', 'runs', 'iterations'],
  run: ['command', 'cmd', 'argv', 'args', 'program', 'exec', 'script'],
  machine: ['host', 'node', 'on', 'in', 'where'],
  at: ['where', 'place', 'machine', 'host', 'link', 'on', 'from'],
  rate: ['bandwidth', 'bw', 'speed', 'capacity', 'throughput'],
  loss: ['packet-loss', 'drop', 'lossy'],
  queue: ['limit', 'buffer', 'qdisc'],
};

/** The key that an unknown one probably means, by its spelling or as a synonym. */
export function meantBy(key: string, allowed: readonly string[]): string | undefined {
  const word = key.toLowerCase().replaceAll('_', '-');
  return (
    nearest(key, allowed) ??
    allowed.find((one) => Object.hasOwn(SYNONYMS, one) && SYNONYMS[one]?.includes(word))
  );
}

/** The fix for an unknown key. */
export function keyFix(key: string, allowed: readonly string[]): string {
  const meant = meantBy(key, allowed);
  return meant === undefined ? didYouMean(key, allowed, 'keys here') : `did you mean '${meant}'?`;
}
