/** The topology language as zod schemas: the source of its types, its first checks, and the JSON Schema for editors. */
import * as z from 'zod';
import { NAME } from '../core/name.js';
import type { Timeouts } from '../core/nat-words.js';
import { DEPENDENCES, POOLINGS, PORT_CONTROLS, PORTS } from '../core/nat-words.js';
import { linkSchema } from './link-schema.js';
import { record } from './record.js';

/** The most machines of a lab: a typo in `count` must not take the computer down. */
export const MAX_COUNT = 10_000;

const text = z.string().max(1000);
/** The pattern is for editors; names are checked later, with a clearer message. */
const name = z.string().meta({
  description: 'a name: a letter, then letters, digits and hyphens, 31 characters at most',
  pattern: NAME.source,
});
const cidr = text.describe('an IP prefix such as 192.168.10.0/24');
const count = z.int().min(1).max(MAX_COUNT).describe('how many machines, named NAME-1, NAME-2, …');

const segmentLong = record({
  subnet: cidr.optional().describe('the IPv4 subnet'),
  subnet6: cidr.optional().describe('the IPv6 subnet'),
  gateway: name.optional().describe('the router hosts use; default: the only router on the segment'),
  count: count
    .optional()
    .describe('how many segments, named NAME-1, NAME-2, …, with subnets that follow one another'),
  link: linkSchema.optional(),
});
const segment = z.union([cidr, segmentLong]).describe('a subnet, or its parts');

const attachmentLong = record({
  address: text.optional().describe("an IPv4 address of the segment's subnet, or 'auto'"),
  address6: text.optional().describe("an IPv6 address of the segment's subnet6, or 'auto'"),
  link: linkSchema.optional(),
});
const attachment = z
  .union([text, attachmentLong])
  .describe("an address on the segment, 'auto' for the next free one, or both families apart");

const interfaces = z.record(z.string(), attachment).describe('segment: address');
const gateway = text.describe("a router's name, an address, or 'none'");
/** These become method names in Ruby. */
const settings = z.record(z.string().regex(/^[a-z_][a-z0-9_]*$/), z.unknown());
const vagrant = record({
  box: text.optional().describe('the name of a box'),
  memory: z
    .int()
    .min(32)
    .max(1 << 20)
    .optional()
    .describe('MiB'),
  cpus: z.int().min(1).max(256).optional().describe('processors'),
  virtualbox: settings.optional().describe('passed to the VirtualBox provider'),
  libvirt: settings.optional().describe('passed to the libvirt provider'),
}).describe('for the vagrant driver');

/** The fixed keys of a host or router; every other key is the name of a segment. */
const hostKeys = {
  interfaces: interfaces.optional(),
  gateway: gateway.optional(),
  count: count.optional(),
  vagrant: vagrant.optional(),
  provision: z.array(text).max(100).optional().describe('scripts to run in a machine with a disk of its own'),
};
const hostLong = z.object(hostKeys).catchall(attachment);
const host = z.union([name, hostLong]).describe('the segment it is on, or segment: address');

const seconds = z
  .union([z.number(), text])
  .describe('a time: 30s, 5m, 2h, 4d, or a number of seconds')
  .optional();
/** In the terms of RFC 4787; keys that are left out are those of the preset. */
const filtered = {
  preset: name.optional().describe("a name for how the NAT behaves: 'labnet nat list' has them"),
  filtering: z.enum(DEPENDENCES).optional().describe('from whom an open port accepts packets'),
  hairpin: z.boolean().optional().describe('inside hosts reach each other by their public addresses'),
};
const staticNat = record({
  static: text.describe('the host (or counted hosts) that gets a public address'),
  public: text.describe('its public address; a prefix for counted hosts'),
  via: name.optional().describe('the outside segment; default: every other one'),
  ...filtered,
});
export const behaviourKeys = {
  ...filtered,
  mapping: z.enum(DEPENDENCES).optional().describe('for which destinations a host keeps its external port'),
  ports: z.enum(PORTS).optional().describe('how the external port is chosen'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .describe('makes random ports the same in every run'),
  'block-size': z.int().min(1).max(64_512).optional().describe("ports of a subscriber, with 'ports: blocks'"),
  pooling: z.enum(POOLINGS).optional().describe('whether a host keeps its address of a pool'),
  timeouts: record({
    udp: seconds,
    'udp-stream': seconds,
    'tcp-established': seconds,
    'tcp-transitory': seconds,
    icmp: seconds,
  } satisfies Record<keyof Timeouts, typeof seconds>)
    .optional()
    .describe('until idle mappings are forgotten'),
  'icmp-errors': z.boolean().optional().describe('whether ICMP errors find their way back in'),
};
const insides = z.union([name, z.array(name).min(1).max(1000)]).describe('the inside segment or segments');
const outside = name.describe('the outside segment');
const shared = z
  .union([text, z.array(text).min(1).max(64)])
  .optional()
  .describe("addresses to share, FIRST-LAST, a prefix or a list; default: the router's own");
const masquerade = record({
  masquerade: insides,
  via: outside,
  public: shared,
  'port-control': z
    .union([z.boolean(), z.array(z.enum(PORT_CONTROLS)).min(1).max(PORT_CONTROLS.length)])
    .optional()
    .describe('inside hosts may have ports opened: by NAT-PMP, PCP and UPnP (true), or by these alone'),
  ...behaviourKeys,
});
/** The same for IPv6. */
const nat66 = record({ nat66: insides, via: outside, public: shared, ...behaviourKeys });
const nptv6 = record({
  nptv6: insides,
  via: outside,
  public: text.describe('the prefix that the inside one is seen under, of the same length (RFC 6296)'),
});
/** The settings that `labnet nat set` can change. */
export const behaviourSchema = record(behaviourKeys);
const forward = record({
  forward: text.describe('tcp/PORT or udp/PORT, or a range such as tcp/8000-8010'),
  via: name.describe('the outside segment'),
  to: text.describe(
    "HOST:PORT, or the router's own name for a program of its own; without a port, the same one",
  ),
});
const nat = z.union([staticNat, masquerade, forward, nat66, nptv6]);

const route = record({
  to: text.describe("a prefix, or 'default'"),
  via: text.describe("a router's name or address on a segment of this router"),
});

const routerKeys = {
  ...hostKeys,
  nat: z
    .array(
      nat.describe(
        "one of { masquerade: SEGMENT, via: SEGMENT }, { static: HOST, public: ADDRESS }, { forward: tcp/PORT, via: SEGMENT, to: 'HOST:PORT' }, nat66 and nptv6",
      ),
    )
    .max(MAX_COUNT)
    .optional()
    .describe('such as [{ masquerade: SEGMENT, via: SEGMENT }]'),
  isolate: z
    .union([z.boolean(), z.array(name).max(1000)])
    .optional()
    .describe(
      'nothing untranslated goes to a segment behind this NAT (true, the default), or to these segments',
    ),
  routes: z.array(route).max(MAX_COUNT).optional().describe('beside, or instead of, the computed ones'),
};
const router = z.object(routerKeys).catchall(attachment);

const arrow = text.describe(
  'SOURCE -> DESTINATION, the latter a machine, MACHINE.SEGMENT or an address, with :PORT for tcp and udp',
);
const seenAs = text.describe('the source address the destination has to see').optional();
export const checkSchema = z.union([
  record({ ping: arrow, 'seen-as': seenAs }),
  record({ tcp: arrow, 'seen-as': seenAs }),
  record({ udp: arrow, 'seen-as': seenAs }),
  record({ blocked: arrow, proto: z.enum(['icmp', 'tcp', 'udp']).optional() }),
  record({ path: arrow, via: z.array(name).max(64).describe('the routers on the way, in order') }),
]);

export const topologySchema = record({
  name: name.meta({ description: 'the name of the lab', pattern: NAME.source }),
  segments: z.record(z.string(), segment).describe('the networks: name: subnet'),
  hosts: z
    .record(z.string(), host)
    .optional()
    .describe('the hosts: name: segment, or name: { segment: address }'),
  routers: z
    .record(z.string(), router.describe('segment: address, and nat, routes and isolate'))
    .optional()
    .describe('the routers: name: { segment: address, … }'),
  checks: z
    .array(checkSchema.describe('such as { ping: HOST -> HOST }'))
    .max(MAX_COUNT)
    .optional()
    .describe('beside those that follow from the topology'),
  vagrant: vagrant.optional().describe('defaults of every machine for the vagrant driver'),
  /** Checked by src/scenario/. */
  scenario: z.unknown().optional().describe("what 'labnet run' does with the lab: a timeline of steps"),
}).describe('a map with name, segments, hosts and routers');

export type Topology = z.infer<typeof topologySchema>;
/** A topology as data, for programs. In hosts and routers, keys that are not listed here are names of segments. */
export type TopologyData = Omit<Topology, 'hosts' | 'routers'> & {
  readonly hosts?: Readonly<Record<string, string | (z.infer<z.ZodObject<typeof hostKeys>> & Attached)>>;
  readonly routers?: Readonly<Record<string, z.infer<z.ZodObject<typeof routerKeys>> & Attached>>;
};
type Attached = Readonly<Record<string, unknown>>;

export type WrittenSegment = z.infer<typeof segment>;
export type WrittenHost = z.infer<typeof hostLong>;
export type WrittenRouter = z.infer<typeof router>;
export type WrittenAttachment = z.infer<typeof attachment>;
export type WrittenNat = z.infer<typeof nat>;
export type WrittenBehaviour = z.infer<typeof behaviourSchema>;
export type WrittenCheck = z.infer<typeof checkSchema>;
export type WrittenVagrant = z.infer<typeof vagrant>;

export const HOST_KEYS: readonly string[] = Object.keys(hostKeys);
export const ROUTER_KEYS: readonly string[] = Object.keys(routerKeys);
