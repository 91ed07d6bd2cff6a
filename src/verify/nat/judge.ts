/** Compares the declared behaviour of a NAT with the observed one. */
import type { Output } from '../../core/command.js';
import type { MasqueradeMapping } from '../../model/lab.js';
import { blockOf } from '../../nat/tables.js';
import type { Finding, Sample, Talked, Talks } from './observe.js';
import { addressesOf, filteringOf, hairpinOf, mappingOf, portsOf, samplesOf, text } from './observe.js';

export type Trait = {
  /** Such as `udp mapping`. */
  readonly trait: string;
  readonly declared: string;
  /** The behaviours that fit the observation; several where it cannot tell them apart. */
  readonly observed: readonly string[];
  readonly status: 'pass' | 'fail' | 'error';
  readonly shows: string;
};

export function traitsOf(mapping: MasqueradeMapping, talks: Partial<Talks>, addresses: AddressOf): Trait[] {
  const { behaviour, pool } = mapping;
  const { hairpin, ports } = talks;
  const each = <T>(of: (protocol: 'udp' | 'tcp') => T[]): T[] => [...of('udp'), ...of('tcp')];
  return [
    ...each((protocol) => strangerTraits(protocol, talks[`${protocol}-mapping`], pool)),
    ...each((protocol) => {
      const [maps, filters] = [talks[`${protocol}-mapping`], talks[`${protocol}-filtering`]];
      return [
        ...(maps ? [trait(`${protocol} mapping`, behaviour.mapping, mappingOf(maps))] : []),
        ...(filters ? [trait(`${protocol} filtering`, behaviour.filtering, filteringOf(filters))] : []),
      ];
    }),
    ...(hairpin ? [trait('hairpin', behaviour.hairpin, hairpinOf(hairpin, pool))] : []),
    ...(ports ? [portTrait(mapping, ports, addresses)] : []),
    ...(ports && pool.length > 1 ? [poolTrait(mapping, samplesOf(ports))] : []),
  ];
}

/** The address of a machine behind the NAT. */
export type AddressOf = (machine: string) => string | undefined;

/** Whether the address is not a shared one: untranslated packets would look like an endpoint-independent mapping. */
function strangerTraits(name: string, talked: Talked | undefined, pool: readonly string[]): Trait[] {
  const strangers = talked ? addressesOf(talked).filter((one) => !pool.includes(one)) : [];
  if (strangers.length === 0) return [];
  return [
    { trait: `${name} address`, declared: pool.join(' or '), observed: strangers, status: 'fail', shows: '' },
  ];
}

function trait<T extends string | boolean>(name: string, declared: T, finding: Finding<T>): Trait {
  const base = { trait: name, declared: words(declared) };
  if ('unclear' in finding) return { ...base, observed: [], status: 'error', shows: finding.unclear };
  const status = finding.is.includes(declared) ? 'pass' : 'fail';
  return { ...base, observed: finding.is.map(words), status, shows: finding.shows };
}

const words = (value: string | boolean): string => (typeof value === 'string' ? value : value ? 'yes' : 'no');

function portTrait(mapping: MasqueradeMapping, ports: Talks['ports'], addresses: AddressOf): Trait {
  const { behaviour, subscribers = [], pool } = mapping;
  const found = trait('ports', behaviour.ports, portsOf(ports));
  const samples = samplesOf(ports);
  if (behaviour.ports !== 'blocks' || !samples) return found;
  const stray = samples.find((sample) => {
    const machine = ports.dialogue.sockets.find(({ name }) =>
      name.startsWith(`inside${sample.host}`),
    )?.machine;
    const index = subscribers.indexOf(addresses(machine ?? '') ?? '');
    const { first, last } = blockOf(Math.floor(index / pool.length), behaviour.blockSize);
    return index < 0 || sample.outside.port < first || sample.outside.port > last;
  });
  return stray
    ? { ...found, status: 'fail', shows: `${text(stray.outside)} is not in the block of its subscriber` }
    : { ...found, observed: ['blocks'], status: 'pass' };
}

function poolTrait({ behaviour, pool }: MasqueradeMapping, samples: readonly Sample[] | undefined): Trait {
  const base = { trait: 'pooling', declared: behaviour.pooling };
  if (!samples) return { ...base, observed: [], status: 'error', shows: 'what was sent did not arrive' };
  const used = (host: number) => [
    ...new Set(samples.filter((one) => one.host === host).map(({ outside }) => outside.address)),
  ];
  const hosts = [...new Set(samples.map(({ host }) => host))];
  const isPaired = hosts.every((host) => used(host).length === 1);
  const stranger = samples.find(({ outside }) => !pool.includes(outside.address));
  const observed = stranger ? 'an address that is not of the pool' : isPaired ? 'paired' : 'arbitrary';
  return {
    ...base,
    observed: [observed],
    status: observed === behaviour.pooling ? 'pass' : 'fail',
    shows: hosts.map((host) => used(host).join(', ')).join('; '),
  };
}

/** Compares the timeouts of the kernel, one number a line, with the declared ones. */
export function timeoutTraits(
  declared: Readonly<Record<string, string>>,
  { exitCode, stdout, stderr, error, timedOut }: Output,
): Trait[] {
  const lines = stdout.trim().split('\n');
  const entries = Object.entries(declared);
  if (exitCode !== 0 || lines.length !== entries.length) {
    const said = error ?? stderr.trim().split('\n')[0] ?? '';
    const shows = `timeouts: ${timedOut ? 'not told in time' : said === '' ? 'no answer' : said}`;
    return [{ trait: 'timeouts', declared: '', observed: [], status: 'error', shows }];
  }
  const wrong = entries.flatMap(([key, value], index) =>
    lines[index]?.trim() === value ? [] : [{ key, value, is: lines[index]?.trim() ?? '' }],
  );
  const [first] = wrong;
  const name = (key: string) => key.replace('net.netfilter.nf_conntrack_', '');
  return [
    first
      ? {
          trait: 'timeouts',
          declared: `${name(first.key)} ${first.value} s`,
          observed: [`${first.is} s`],
          status: 'fail',
          shows: wrong.map(({ key, is }) => `${name(key)} is ${is} s`).join(', '),
        }
      : { trait: 'timeouts', declared: 'as written', observed: ['as written'], status: 'pass', shows: '' },
  ];
}
