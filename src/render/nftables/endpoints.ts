/**
 * Maps to endpoints, an address and a port. An nft(8) of before 1.0.7 fills no more than 16 bytes by a rule, which an
 * IPv6 address has already: there the port is in a map beside it.
 */
import type { Words } from './names.js';
import type { Named } from './parts.js';

const portsOf = (name: string): string => `${name}_port`;

export function endpointMaps(name: string, key: string, { ip, address }: Words): Named[] {
  const map = (of: string, value: string): Named => ({
    kind: 'map',
    name: of,
    type: `type ${key} : ${value}`,
  });
  return ip === 'ip'
    ? [map(name, `${address} . inet_service`)]
    : [map(name, address), map(portsOf(name), 'inet_service')];
}

/** Translates to the endpoint of a key; where there is none, the rule does nothing. */
export const translateTo = (what: 'snat' | 'dnat', key: string, name: string, { ip }: Words): string =>
  ip === 'ip'
    ? `${what} ip addr . port to ${key} map @${name}`
    : `${what} to ${key} map @${name} : ${key} map @${portsOf(name)}`;

export type Endpoint = { readonly address: string; readonly port: string };

export const keepEndpoint = (
  name: string,
  key: string,
  { address, port }: Endpoint,
  { seconds, words }: { readonly seconds: number; readonly words: Words },
): string => {
  const update = (of: string, value: string): string =>
    `update @${of} { ${key} timeout ${seconds}s : ${value} }`;
  return words.ip === 'ip'
    ? update(name, `${address} . ${port}`)
    : `${update(name, address)} ${update(portsOf(name), port)}`;
};
