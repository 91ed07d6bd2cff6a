/** What is to be traced: from which machine, to which address and port. */
import { badInput } from '../../core/errors.js';
import { formatAddress, parseAddress } from '../../core/ip.js';
import { didYouMean } from '../../core/suggest.js';
import type { Machine } from '../../model/lab.js';
import { namesakeOf, namesakeText } from '../../model/namesake.js';
import { reachFrom } from '../../model/reach.js';
import type { View } from '../../model/view.js';
import { familyOf, ownAddress } from '../../model/view.js';
import { walk } from '../../model/walk.js';
import { bestAddress } from '../../plan/hosts.js';
import type { TraceProtocol, TraceRequest } from './result.js';

export type Asked = {
  readonly from: Machine;
  readonly to: string;
  readonly protocol: TraceProtocol;
  readonly address: string;
  readonly port?: number;
  readonly size?: number;
  readonly wait: number;
};

const WAIT = 1_500;
/** The largest IPv4 packet; the smallest has room for the mark in it (core/probe.ts). */
export const SIZES = { least: 68, most: 65_535 } as const;

/** @throws LabnetError bad-usage, machine-not-found, not-attached; with exit code 2 */
export function askedOf(view: View, { from, to, protocol: wanted, size, wait = WAIT }: TraceRequest): Asked {
  const source = machineOf(view, from);
  const { name, port } = split(to);
  const protocol = wanted ?? (port === undefined ? 'icmp' : 'tcp');
  if (protocol === 'icmp' && port !== undefined)
    throw badInput(
      'bad-usage',
      `ICMP has no ports: '${to}'`,
      'leave the port out, or use --proto tcp or udp',
    );
  if (protocol !== 'icmp' && port === undefined)
    throw badInput('bad-usage', `${protocol} needs a port`, `name one: '${to}:80'`);
  if (size !== undefined) checkSize(size, protocol);
  const address = addressOf(view, source, name);
  refuseNamesake(view, source, { name, address });
  return {
    ...{ from: source, to, protocol, address, wait },
    ...(port !== undefined && { port }),
    ...(size !== undefined && { size }),
  };
}

function refuseNamesake(
  view: View,
  from: Machine,
  { name, address }: { readonly name: string; readonly address: string },
): void {
  const [meant = ''] = name.split('.');
  if (parseAddress(name) || meant === from.name) return;
  const namesake = namesakeOf(view, walk(view, from, address), { meant, address });
  if (namesake === undefined) return;
  throw badInput(
    'not-attached',
    namesakeText(from, meant, address, namesake),
    `publish ${meant} at its router, by 'static' or 'forward', or trace to the router's address`,
  );
}

function checkSize(size: number, protocol: TraceProtocol): void {
  if (protocol === 'tcp')
    throw badInput('bad-usage', 'the size of a TCP SYN cannot be chosen', 'use --proto icmp or udp');
  if (!Number.isInteger(size) || size < SIZES.least || size > SIZES.most)
    throw badInput(
      'bad-usage',
      `--size is ${SIZES.least} to ${SIZES.most} bytes, not ${size}`,
      "such as '--size 1500'",
    );
}

function machineOf(view: View, name: string): Machine {
  const found = view.machines.get(name);
  if (found) return found;
  const names = [...view.machines.keys()];
  const message = `there is no machine '${name}' in lab ${view.lab.name}`;
  throw badInput('machine-not-found', message, didYouMean(name, names, 'machines'));
}

/** `NAME`, `NAME:PORT`, `[ADDRESS]:PORT`, or a bare IPv6 address. */
function split(text: string): { readonly name: string; readonly port?: number } {
  if (parseAddress(text)) return { name: text };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  const name = bracketed ?? plain;
  const port = digits === undefined ? undefined : Number(digits);
  const isPort =
    digits === undefined || (/^\d{1,5}$/.test(digits) && Number(digits) > 0 && Number(digits) < 65_536);
  if (name === undefined || name === '' || !isPort)
    throw badInput(
      'bad-usage',
      `'${text}' is no destination`,
      'MACHINE, ADDRESS or [IPv6 ADDRESS], with :PORT from 1 to 65535',
    );
  return { name, ...(port !== undefined && { port }) };
}

/** The address by which the sender reaches a name; for an unreachable machine its own address. */
function addressOf(view: View, from: Machine, name: string): string {
  const literal = parseAddress(name);
  if (literal) return formatAddress(literal);
  if (/^[\d.]+$/.test(name))
    throw badInput('bad-address', `'${name}' is not an IP address`, 'write four numbers up to 255');
  const [machineName = '', segment] = name.split(/\.(.*)/s, 2);
  const machine = machineOf(view, machineName);
  const found = segment === undefined ? bestOf(view, from, machine) : addressOn(machine, segment);
  if (found !== undefined) return found;
  throw badInput('not-attached', `${machineName} has no address to trace to`, 'name an address');
}

function bestOf(view: View, from: Machine, machine: Machine): string | undefined {
  const own = machine.interfaces.flatMap((one) => ownAddress(one, 4) ?? ownAddress(one, 6) ?? []);
  if (machine === from) return own[0];
  const best = (family: 4 | 6) => bestAddress(view, machine, family, reachFrom(view, from, family));
  return best(4) ?? best(6) ?? own.find((one) => familyOf(one) === 4) ?? own[0];
}

function addressOn({ name, interfaces }: Machine, segment: string): string | undefined {
  const on = interfaces.find((one) => one.segment === segment);
  if (on) return ownAddress(on, 4) ?? ownAddress(on, 6);
  const segments = interfaces.map((one) => one.segment);
  const fix = didYouMean(segment, segments, `segments of ${name}`);
  throw badInput('not-attached', `${name} is not on a segment '${segment}'`, fix);
}
