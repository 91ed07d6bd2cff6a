/**
 * Port control of a router: the files of miniupnpd, and of the program beside it that makes labnet's NAT forward the
 * ports that hosts ask miniupnpd for (provisioners/guest/port-control.pl).
 */
import type { PortControl } from '../core/nat-words.js';
import type { ForwardMapping, Machine, MasqueradeMapping } from '../model/lab.js';
import { NFT_TABLE, sharedBy } from './nftables/index.js';
import { list } from './nftables/parts.js';
import { openedName, openName, portsName, takenName } from './nftables/names.js';

export type PortControlFiles = { readonly about: string; readonly files: Readonly<Record<string, string>> };

const TABLE = 'labnet_ports';
const READY = 'ready';

/** How other programs signal port-control.pl by nft(8), and wait for it. */
export const PORT_CONTROL = {
  /** Makes it open its ports again, in the transaction that may have removed them. */
  follow: `add chain inet ${TABLE} ${READY}\ndelete chain inet ${TABLE} ${READY}\n`,
  /** Makes it close all ports and start again. */
  restart: `table inet ${TABLE}\ndelete table inet ${TABLE}\n`,
  /** A command of sh that ends with 0 once it has done so, and answers clients. */
  isReady: `nft list chain inet ${TABLE} ${READY} >/dev/null 2>&1`,
} as const;

/**
 * At most one a router.
 * @param nameOf what an interface is called where the files are for another place than a namespace
 */
export function portControls(
  router: Machine,
  nameOf: (name: string) => string = (name) => name,
): PortControlFiles[] {
  return sharedBy(router).flatMap((mapping, index) => {
    const { portControl } = mapping;
    if (portControl === undefined) return [];
    return [
      {
        about: `port control (${portControl.map((one) => NAMES[one]).join(', ')})`,
        files: {
          'miniupnpd.conf': daemonText(router, mapping, portControl, nameOf),
          'chains.nft': chainsText(mapping, portControl, nameOf),
          'nat.conf': natText(mapping, index + 1, portControl),
        },
      },
    ];
  });
}

const NAMES: Readonly<Record<PortControl, string>> = { 'nat-pmp': 'NAT-PMP', pcp: 'PCP', upnp: 'UPnP' };

const ownOf = ({ inside }: MasqueradeMapping): string[] => inside.flatMap(({ interface: on }) => on ?? []);

function daemonText(
  { nat, interfaces }: Machine,
  mapping: MasqueradeMapping,
  portControl: readonly PortControl[],
  nameOf: (name: string) => string,
): string {
  const { inside, via, public: shared } = mapping;
  const own = ownOf(mapping);
  const mac = interfaces.find(({ name }) => name === own[0])?.mac.replaceAll(':', '') ?? '';
  const taken = nat.filter((one): one is ForwardMapping => one.kind === 'forward' && one.public === shared);
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return lines([
    `ext_ifname=${nameOf(via)}`,
    ...own.map((name) => `listening_ip=${nameOf(name)}`),
    // One switch for both: chains.nft keeps the one away that is not wanted.
    `enable_natpmp=${yes(portControl.some((one) => one !== 'upnp'))}`,
    `enable_upnp=${yes(portControl.includes('upnp'))}`,
    'secure_mode=yes',
    // What it knows again when it is started anew; and clients see by its time that it was (RFC 6886 section 3.6).
    'lease_file=leases',
    'system_uptime=no',
    'notify_interval=900',
    `upnp_table_name=${TABLE}`,
    `upnp_nat_table_name=${TABLE}`,
    'upnp_forward_chain=forward',
    'upnp_nat_chain=ports',
    'upnp_nat_postrouting_chain=peers',
    `uuid=6c61626e-6574-4000-8000-${mac}`,
    ...taken.map(({ ports: { first, last } }) => `deny ${first}-${last} 0.0.0.0/0 0-65535`),
    ...inside.map(({ subnet }) => `allow 1-65535 ${subnet} 1-65535`),
    'deny 0-65535 0.0.0.0/0 0-65535',
  ]);
}

/** Where miniupnpd keeps its rules; no packet goes by them. The first byte of a request is its version: 0 NAT-PMP, 2 PCP. */
function chainsText(
  mapping: MasqueradeMapping,
  portControl: readonly PortControl[],
  nameOf: (name: string) => string,
): string {
  const [hasNatPmp, hasPcp] = [portControl.includes('nat-pmp'), portControl.includes('pcp')];
  const unwanted = hasNatPmp === hasPcp ? undefined : hasNatPmp ? 2 : 0;
  const own = list(ownOf(mapping).map((name) => `"${nameOf(name)}"`));
  return lines([
    ...PORT_CONTROL.restart.trimEnd().split('\n'),
    `table inet ${TABLE} {`,
    ...['ports', 'peers', 'forward'].map((name) => `  chain ${name} { }`),
    ...(unwanted === undefined
      ? []
      : [
          '  chain versions {',
          '    type filter hook input priority filter - 5; policy accept;',
          `    iifname ${own} udp dport 5351 @th,64,8 ${unwanted} counter drop`,
          '  }',
        ]),
    '}',
  ]);
}

/** An opened port is a mapping like those that outgoing packets make, but it is permanent, and open to every sender. */
function natText(mapping: MasqueradeMapping, id: number, portControl: readonly PortControl[]): string {
  const { public: shared } = mapping;
  const element = (does: 'add' | 'delete', name: string, text: string): string =>
    `${does} element ip ${NFT_TABLE} ${name} { ${text} }`;
  const [external, internal] = ['@proto@ . @port@', '@address@ . @inner@'];
  // Each pair in one step. A NAT that maps by destination has no use for the second.
  const steps = [
    [
      [openedName(id), external, ` : ${internal}`],
      [portsName({ id, mapping }, 0), external, ` : ${internal}`],
      [takenName({ id, mapping }, 0), external, ''],
      [openName(id), external, ''],
    ],
    [
      [`own${id}`, `@proto@ . ${internal}`, ` : ${shared} . @port@`],
      [`pairs${id}`, `@port@ . @proto@ . ${internal}`, ''],
    ],
  ] as const;
  return lines([
    `public ${shared}`,
    `opened list map ip ${NFT_TABLE} ${openedName(id)}`,
    ...steps.map(
      (maps) => `open ${maps.map(([name, key, value]) => element('add', name, `${key}${value}`)).join('; ')}`,
    ),
    ...steps.flat().map(([name, key]) => `close ${element('delete', name, key)}`),
    `ready ${portControl.some((one) => one !== 'upnp') ? 'Listening for NAT-PMP/PCP' : 'HTTP listening on port'}`,
  ]);
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
