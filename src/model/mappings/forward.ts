/** A port, or a range of them, of the router's outside address that leads to a host inside, or is open to the router itself. */
import type { WrittenNat } from '../../topology/schema.js';
import { formatAddress } from '../../core/ip.js';
import { FAMILIES, writtenRouter } from '../draft.js';
import type { ForwardMapping, Inside, Protocol } from '../lab.js';
import type { MappingPlace, Outside } from './common.js';
import { insideHosts, outsideInterface, setInside } from './common.js';

type Written = Extract<WrittenNat, { forward: string }>;
type Ports = ForwardMapping['ports'];

export function resolveForward(place: MappingPlace, written: Written): ForwardMapping[] {
  const { line } = place;
  const from = readForward(place, written.forward);
  const via = outsideInterface(place, written.via);
  const [host = '', port, rest] = written.to.split(':');
  const toPort = from && readTarget(place, port, rest, from.ports);
  const insides = namesItself(place, host) ? toItself(place, written.via, via) : toHost(place, host, via);
  if (!from || !via || toPort === undefined) return [];
  return insides.map((inside) => ({
    ...{ kind: 'forward', line, ...from, via: via.name },
    ...{ public: inside.machine === place.router.name ? inside.address : via.own },
    ...{ outside: via.segment.name, inside, toPort },
  }));
}

/** One, or none where something is wrong with it. */
function toHost(place: MappingPlace, host: string, via: Outside | undefined): Inside[] {
  const { say } = place;
  const [inside, more] = insideHosts(place, host, 'to', 'forward-closed');
  if (more) {
    const fix = `name one of them, such as ${inside?.machine ?? host}`;
    say('forward-closed', `'${host}' is more than one host`, 'to', fix);
    return [];
  }
  if (!via || !inside) return [];
  if (via.segment.name === inside.segment) {
    const message = `${inside.machine} is on ${inside.segment}, which 'via' says is the outside`;
    say('nat-inside-is-outside', message, 'via', 'name the segment the packets come from');
    return [];
  }
  setInside(place, inside.segment);
  return [inside];
}

const namesItself = ({ router }: MappingPlace, host: string): boolean =>
  [router.name, router.group?.name].includes(host);

/** By its own addresses: of both families, where its NAT of both would shut it out. */
function toItself({ router }: MappingPlace, outside: string, via: Outside | undefined): Inside[] {
  if (!via) return [];
  const has6 = (writtenRouter(router).nat ?? []).some((one) => 'nat66' in one && one.via === outside);
  return FAMILIES.filter((family) => family === 4 || has6).flatMap((family) => {
    const own = via.addresses[family];
    const at = { machine: router.name, segment: via.segment.name, interface: via.name };
    return own ? { ...at, address: formatAddress(own) } : [];
  });
}

function readForward({ say }: MappingPlace, text: string): { protocol: Protocol; ports: Ports } | undefined {
  const [, protocol, low, high] = /^(tcp|udp)\/(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const ports = { first: Number(low), last: Number(high ?? low) };
  if (
    (protocol === 'tcp' || protocol === 'udp') &&
    ports.first >= 1 &&
    ports.first <= ports.last &&
    ports.last <= 65535
  )
    return { protocol, ports };
  say(
    'wrong-value',
    `'${text}' is not a port to forward`,
    'forward',
    'write tcp/PORT or udp/PORT, with ports from 1 to 65535, or a range such as tcp/8000-8010',
  );
  return undefined;
}

function readTarget(
  { say }: MappingPlace,
  port: string | undefined,
  rest: string | undefined,
  ports: Ports,
): number | undefined {
  if (port === undefined) return ports.first;
  const [first, last] = port.split('-').map(Number);
  const span = ports.last - ports.first;
  const isWhole =
    rest === undefined &&
    /^\d{1,5}(-\d{1,5})?$/.test(port) &&
    first !== undefined &&
    first >= 1 &&
    first + span <= 65535;
  if (isWhole && (last === undefined || last - first === span)) return first;
  say(
    'wrong-value',
    `':${port}' is not where ${span + 1 === 1 ? 'a port' : `${span + 1} ports`} can go`,
    'to',
    'write HOST:PORT with a port from 1 to 65535; a range keeps its length',
  );
  return undefined;
}
