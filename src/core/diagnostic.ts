/** Errors and warnings about a file, a machine or an operation: collected as data, shown by report/. */

export type Severity = 'error' | 'warning';

/** A place in a file: line and column count from 1; `text` is the line, or the beginning of a very long one. */
export type Place = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly text: string;
};

type CodeTable = Readonly<Record<string, readonly [Severity, string]>>;

/** What can be wrong with a topology: severity and meaning of each code (docs/diagnostics.md has the table). */
export const TOPOLOGY_CODES = {
  // The file itself.
  'file-unreadable': ['error', 'the topology file cannot be read'],
  'file-too-large': ['error', 'the file is larger than labnet reads'],
  'yaml-syntax': ['error', 'the file is not valid YAML'],
  'too-many-aliases': ['error', 'YAML aliases expand to more than labnet follows'],
  'nested-too-deep': ['error', 'the YAML is nested deeper than any topology'],
  // Shape.
  'unknown-key': ['error', 'a key the topology language does not have'],
  'missing-key': ['error', 'a key that has to be there is not'],
  'wrong-value': ['error', 'a value of the wrong type or form'],
  'bad-name': ['error', 'a name that is not a letter followed by letters, digits and hyphens'],
  'duplicate-name': ['error', 'a name used twice'],
  'too-many-machines': ['error', 'counts of machines or segments that add up to more than labnet brings up'],
  'count-mismatch': ['error', 'counted machines that cannot be spread over counted segments'],
  // Addresses.
  'bad-address': ['error', 'text that is not an IP address or prefix'],
  'wrong-family': ['error', 'an address of one family where the other is meant'],
  'host-bits-set': ['error', 'a subnet written with an address inside it'],
  'duplicate-address': ['error', 'an address used twice on one segment'],
  'address-outside-segment': ['error', 'an address that is not in the subnet of its segment'],
  'network-address': ['error', 'the network address given to a machine'],
  'broadcast-address': ['error', 'the broadcast address given to a machine'],
  'reserved-space': ['error', 'loopback, multicast, link-local or other space no segment can have'],
  'overlapping-segments': ['error', 'segments whose subnets overlap'],
  'pool-exhausted': ['error', 'more machines than a subnet has addresses'],
  'public-space': ['warning', 'public address space used as a private network'],
  'shared-space': ['warning', 'shared address space (RFC 6598)'],
  // References.
  'unknown-segment': ['error', 'a segment that is not in the file'],
  'unknown-machine': ['error', 'a host or router that is not in the file'],
  'unknown-router': ['error', 'a router that is not in the file'],
  'not-attached': ['error', 'a machine that is not on the segment it is used with'],
  'no-interface': ['error', 'a machine without an interface'],
  'gateway-not-on-segment': ['error', 'a gateway that the machine cannot reach directly'],
  'gateway-ambiguous': ['error', 'several routers could be the gateway'],
  'gateway-is-self': ['error', 'a machine that is its own gateway'],
  'route-unreachable': ['error', 'a route whose next hop is not on a segment of the machine'],
  'duplicate-route': ['error', 'two routes to one prefix'],
  'gateway-circle': ['warning', 'routers whose default routes lead to one another'],
  // NAT.
  'nat-public-duplicate': ['error', 'a public address or port given to two mappings'],
  'nat-public-in-segment': [
    'error',
    'a public address that lies in a segment where it cannot be answered for',
  ],
  'nat-host-mapped-twice': ['error', 'a host with two public addresses at one router'],
  'nat-inside-is-outside': ['error', 'a mapping whose inside and outside are the same segment'],
  'nat-needs-ipv4': ['error', 'NAT for a machine or segment without an IPv4 address'],
  'nat-needs-ipv6': ['error', 'NAT of IPv6 for a segment without an IPv6 subnet'],
  'npt-prefix': ['error', 'prefixes that RFC 6296 cannot translate one to the other'],
  'forward-closed': ['error', 'a port forward to a machine the router cannot reach'],
  'nat-behaviour-unfit': ['error', 'a behaviour that this kind of mapping cannot have'],
  'nat-timeouts-differ': ['error', 'two NATs of one router with different timeouts'],
  'unknown-preset': ['error', 'a NAT or link preset that does not exist'],
  // Links.
  'bad-amount': ['error', 'text that is not a time, rate, size or share with its unit'],
  'delay-ambiguous': ['error', 'a delay that could be one way, or there and back'],
  'link-unfit': ['error', 'a key of a link that does not fit the others, or the place where it is'],
  // Checks.
  'check-unknown': ['error', 'a check that names nothing in the lab'],
  'check-malformed': ['error', 'a check that does not read as SOURCE -> DESTINATION'],
  'checks-contradict': ['warning', 'checks of which one cannot pass where the other does'],
} as const satisfies CodeTable;

/** What can be wrong with a scenario only. */
export const SCENARIO_CODES = {
  'no-scenario': ['error', 'a file without a scenario'],
  'unknown-variable': ['error', 'a variable that has no value'],
  'no-action': ['error', 'a step that says not what is done, or several things at once'],
  'unknown-action': ['error', 'an action that does not exist'],
  'bad-time': ['error', 'a time that is none, or is negative, or contradicts another'],
  'no-end': ['error', 'a step that is repeated and never ends'],
  'bad-ramp': ['error', 'a ramp between values that are no numbers of one unit'],
  'unknown-step': ['error', 'a step that is not in the timeline, or cannot be ended'],
  'machine-stopped': ['error', 'a step that needs a machine which is stopped by then, or not stopped'],
  'step-circle': ['error', 'steps that wait for one another'],
  'too-much': ['error', 'a scenario of more steps, time or runs than labnet takes on'],
} as const satisfies CodeTable;

/** What can go wrong with a lab, a machine or a command line. */
export const OPERATION_CODES = {
  'provision-skipped': ['warning', 'provision scripts are for machines with a disk of their own'],
  'no-topology': ['error', 'no topology file was named and none is in the folder'],
  'lab-not-found': ['error', 'no running lab of that name'],
  'lab-ambiguous': ['error', 'several labs could be meant'],
  'lab-changed': ['error', 'the topology file and the running lab differ, or the lab could not be changed'],
  'lab-locked': ['error', 'another labnet is working on this lab'],
  'machine-not-found': ['error', 'no machine of that name in the lab'],
  'not-yours': ['error', 'the lab or folder belongs to another user'],
  'state-unreadable': ['error', 'the record of a lab cannot be read'],
  'lab-elsewhere': ['error', 'a lab runs in another user or pid namespace than the command'],
  'state-newer': ['error', 'the record of a lab was written by a newer labnet'],
  'driver-unavailable': ['error', 'this machine cannot run the driver'],
  'driver-unknown': ['error', 'no driver of that name'],
  'tool-missing': ['error', 'a system tool is not installed'],
  'link-unsupported': ['error', 'the kernel cannot do to packets what a link says'],
  'no-room': ['error', 'this computer has too little of something that the lab needs'],
  'little-room': ['warning', 'this computer may have too little of something for the lab to work well'],
  'step-failed': ['error', 'the kernel refused a step'],
  'rules-refused': ['error', 'iptables-restore refused the rules of a router'],
  'engine-failed': ['error', 'the engine ended unexpectedly'],
  'lab-exists': ['error', 'a lab of that name was brought up by another driver'],
  'ssh-config': ['error', 'the ssh configuration does not lead to a machine'],
  'ssh-refused': ['error', 'a machine refuses connections'],
  'ssh-unreachable': ['error', 'a machine cannot be reached'],
  'ssh-auth': ['error', 'a machine does not accept our keys'],
  'ssh-host-key': ['error', 'a machine shows another host key than the first time'],
  'ssh-lost': ['error', 'the connection to a machine broke'],
  'guest-sudo': ['error', 'a machine asks for a password before it lets us be root'],
  'guest-tool-missing': ['error', 'a machine lacks a tool'],
  'guest-interface': ['error', 'a machine lacks an interface of the lab, or has it twice'],
  'management-overlap': ['error', 'a lab has the network over which a machine is reached'],
  'guest-network-config': ['error', 'a machine configures an interface of the lab by itself'],
  'guest-in-use': ['error', 'a machine is part of another lab, or runs what the lab would run there'],
  'guest-disk-full': ['error', 'a machine has no room for the lab'],
  'guest-failed': ['error', 'a machine could not be set up'],
  'guest-note': ['warning', 'something about a machine that is good to know'],
  'vagrant-failed': ['error', 'vagrant did not do what it was asked to'],
  'provision-failed': ['error', 'a provision script of a machine failed'],
  'file-unwritable': ['error', 'files cannot be written where they are to go'],
  'file-exists': ['error', 'a file that labnet did not write is where it is to write one'],
  'bundle-refused': ['error', 'a file that is not a bundle, or was changed since it was made'],
  'bundle-newer': ['error', 'a bundle that a newer labnet has made'],
  'capture-filter': ['error', 'a capture filter that tcpdump does not understand'],
  'capture-failed': ['error', 'packets cannot be captured at a place'],
  'watch-port': ['error', 'the page of a lab cannot be served where it is asked for'],
  'command-failed': ['error', 'a command could not be started'],
  'bad-usage': ['error', 'a command line labnet does not understand'],
  interrupted: ['error', 'stopped by a signal'],
} as const satisfies CodeTable;

export const CODES = { ...TOPOLOGY_CODES, ...SCENARIO_CODES, ...OPERATION_CODES };

export type DiagnosticCode = keyof typeof CODES;

export type Diagnostic = {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly at?: Place;
  readonly fix?: string;
};

export function diagnostic(
  code: DiagnosticCode,
  message: string,
  more: { at?: Place | undefined; fix?: string | undefined } = {},
): Diagnostic {
  return {
    code,
    severity: CODES[code][0],
    message,
    ...(more.at && { at: more.at }),
    ...(more.fix !== undefined && { fix: more.fix }),
  };
}

export const isError = ({ severity }: Diagnostic): boolean => severity === 'error';
