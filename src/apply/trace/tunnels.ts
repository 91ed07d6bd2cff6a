/** Tunnel interfaces, which the topology does not have, and their other ends: VXLAN, GRE, WireGuard, a VPN program's tun. */
import type { View } from '../../model/view.js';
import type { Ask } from './causes.js';

export type Tunnel = {
  readonly kind: string;
  /** The address of the other end, if the kernel knows it. */
  readonly remote?: string;
};
/** By the interface's name in the machine. */
export type Tunnels = ReadonlyMap<string, Tunnel>;

/** `vxlan to 203.0.113.2`, or `tun` */
export const tunnelText = ({ kind, remote }: Tunnel): string =>
  remote === undefined ? kind : `${kind} to ${remote}`;

/** The kinds as in the output of `ip -d link` (ip-link(8), types). */
const KINDS =
  /\\\s+(vxlan|geneve|gre|gretap|ip6gre|ip6gretap|ipip|sit|ip6tnl|vti|vti6|xfrm|wireguard|tun|l2tp|erspan|bareudp)\b([^\\]*)/;

/** @param text of `ip -o -d link` */
export function readTunnels(text: string): Tunnels {
  return new Map(
    text.split('\n').flatMap((line): [string, Tunnel][] => {
      const [, on] = /^\d+: ([^:@ ]+)/.exec(line) ?? [];
      const [, kind, rest = ''] = KINDS.exec(line) ?? [];
      if (on === undefined || kind === undefined) return [];
      const [, remote] = /\bremote (\S+)/.exec(rest) ?? [];
      return [[on, { kind, ...(remote !== undefined && remote !== 'any' && { remote }) }]];
    }),
  );
}

/** At most this many machines are asked whether they are the other end. */
const ASKED_AT_MOST = 16;

/** The unwatched machine at the other end of a tunnel: the one with its remote address, or the packet's destination. */
export async function otherEnd(
  view: View,
  {
    tunnel,
    destination,
    ask,
    machines,
  }: {
    readonly tunnel: Tunnel | undefined;
    readonly destination: string;
    readonly ask: Ask;
    readonly machines: readonly string[];
  },
): Promise<string | undefined> {
  const remote = tunnel?.remote;
  const isNew = (name: string): boolean => !machines.includes(name);
  const owner = remote === undefined ? undefined : view.owners(remote)[0]?.machine.name;
  if (owner !== undefined && isNew(owner)) return owner;
  const others = view.lab.machines.map(({ name }) => name).filter(isNew);
  for (const machine of others.slice(0, ASKED_AT_MOST)) {
    const { addresses } = await ask({ machine, source: '', destination });
    if (addresses.some((line) => line.includes(` ${destination}/`))) return machine;
  }
  return undefined;
}
