/** Behind different NATs two machines may have one address: a packet to one of them from the other's home never leaves that. */
import type { Machine } from './lab.js';
import type { View } from './view.js';
import { bare } from './view.js';
import type { Walk } from './walk.js';

/** The machine that gets a packet to an address that another one was meant by; undefined if the right one gets it, or none. */
export function namesakeOf(
  view: View,
  { end, dropped, destination }: Walk,
  { meant, address }: { readonly meant: string; readonly address: string },
): string | undefined {
  if (end === meant || dropped !== undefined || destination !== address) return undefined;
  const owns = view.machines
    .get(end)
    ?.interfaces.some(({ addresses }) => addresses.some((own) => bare(own) === address));
  return owns === true ? end : undefined;
}

/** For messages. */
export const namesakeText = (from: Machine, meant: string, address: string, namesake: string): string =>
  `${from.name} has no way to ${meant}: ${address} is ${namesake === from.name ? 'its own' : `${namesake}'s`} address there`;
