/** Machines to segments: one interface an attachment, in the order of the file. */
import type { Family } from '../../core/ip.js';
import { parseAddress } from '../../core/ip.js';
import { didYouMean, nearest } from '../../core/suggest.js';
import type { WrittenAttachment, WrittenHost } from '../../topology/schema.js';
import { HOST_KEYS, ROUTER_KEYS } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import { STRAY_LINK } from '../../topology/unknown-keys.js';
import { EFFORT } from '../effort.js';
import type { Draft, DraftInterface, DraftMachine, DraftSegment, Pass } from '../draft.js';
import { isDamagedSegment, segmentNames, segmentsNamed } from '../draft.js';

export const attachMachines: Pass = (draft) => {
  for (const machine of draft.machines.values()) {
    const attachments = attachmentsOf(draft, machine);
    for (const one of attachments) attach(draft, machine, one);
    if (attachments.length === 0) sayNoInterface(draft, machine);
  }
};

function sayNoInterface(draft: Draft, machine: DraftMachine): void {
  const key = machine.path.join('/');
  if (draft.damaged.has(key)) return;
  const name = String(machine.path[1]);
  draft.report('no-interface', `${machine.kind} ${name} is on no segment`, machine.path, {
    part: 'key',
    fix: `name one: ${name}: { ${segmentNames(draft)[0] ?? 'SEGMENT'}: auto }`,
  });
  draft.damaged.add(key);
}

/** What is wrong with a counted machine is said once, for its first member. */
export const first = ({ group }: DraftMachine): boolean => !group || group.index === 0;

type Attachment = {
  readonly segment: string;
  readonly written: WrittenAttachment;
  readonly path: Path;
  readonly isKey: boolean;
};

function attachmentsOf(draft: Draft, { kind, path, written }: DraftMachine): Attachment[] {
  const fixed = kind === 'host' ? HOST_KEYS : ROUTER_KEYS;
  const short = typeof draft.topology.hosts?.[String(path[1])] === 'string' && kind === 'host';
  const long = Object.entries((written as WrittenHost).interfaces ?? {}).map(([segment, value]) => ({
    segment,
    written: value,
    path: short ? path : [...path, 'interfaces', segment],
    isKey: !short,
  }));
  const direct = Object.entries(written).filter(([key]) => !fixed.includes(key));
  return [
    ...long,
    ...direct.map(([segment, value]) => ({
      segment,
      written: value as WrittenAttachment,
      path: [...path, segment],
      isKey: true,
    })),
  ];
}

function attach(draft: Draft, machine: DraftMachine, attachment: Attachment): void {
  const { segment: name, path } = attachment;
  const segments = segmentsNamed(draft, name);
  if (segments.length === 0) {
    if (!isDamagedSegment(draft, name) && first(machine)) sayNoSegment(draft, machine, attachment);
    draft.damaged.add(machine.path.join('/'));
    return;
  }
  const written = readAttachment(draft, machine, attachment);
  const share = shareOf(draft, machine, segments, path);
  draft.spend(share.length * EFFORT.interface, path);
  for (const segment of share) {
    if (machine.on.has(segment)) {
      const message = `${machine.name} is on ${segment.name} twice`;
      draft.report('duplicate-name', message, path, { part: 'key', fix: 'remove one of them' });
    } else addInterface(machine, segment, attachment, written);
  }
}

/** In the short form a key that is no segment may be one of the fixed keys, mistyped. */
function sayNoSegment(draft: Draft, { kind }: DraftMachine, { segment, path, isKey }: Attachment): void {
  const fixed = isKey && path.length === 3 ? (kind === 'host' ? HOST_KEYS : ROUTER_KEYS) : [];
  const names = segmentNames(draft);
  const near = nearest(segment, [...fixed, ...names]);
  const part = isKey ? 'key' : 'value';
  if (segment === 'link' && fixed.length > 0) {
    const { message, fix } = STRAY_LINK;
    draft.report('unknown-key', message, path, { part, fix });
  } else if (near !== undefined && fixed.includes(near))
    draft.report('unknown-key', `unknown key '${segment}'`, path, { part, fix: `did you mean '${near}'?` });
  else
    draft.report('unknown-segment', `there is no segment '${segment}'`, path, {
      part,
      fix: () => didYouMean(segment, names, 'segments'),
    });
}

function addInterface(
  machine: DraftMachine,
  segment: DraftSegment,
  { path, written: attachment }: Attachment,
  written: DraftInterface['written'],
): void {
  const one: DraftInterface = {
    name: `eth${machine.interfaces.length}`,
    machine,
    segment,
    path,
    written,
    writtenLink: typeof attachment === 'string' ? undefined : attachment.link,
    addresses: {},
    answered: [],
  };
  machine.interfaces.push(one);
  machine.on.set(segment, one);
  segment.interfaces.push(one);
  if (machine.kind === 'router') segment.routers.push(one);
}

/** Counted machines spread over counted segments in blocks: 20 hosts on 2 segments are 10 on each. */
function shareOf(
  draft: Draft,
  machine: DraftMachine,
  segments: readonly DraftSegment[],
  path: Path,
): readonly DraftSegment[] {
  const { group } = machine;
  const many = segments.length;
  if (!group || many === 1) return segments;
  if (group.count % many === 0)
    return segments.slice(Math.floor(group.index / (group.count / many))).slice(0, 1);
  if (many % group.count === 0)
    return segments.slice(group.index * (many / group.count)).slice(0, many / group.count);
  draft.report(
    'count-mismatch',
    `${group.count} machines cannot be spread evenly over ${many} segments`,
    path,
    {
      part: 'key',
      fix: 'make one count a multiple of the other',
    },
  );
  draft.damaged.add(machine.path.join('/'));
  return [];
}

function readAttachment(
  draft: Draft,
  machine: DraftMachine,
  { written, path }: Attachment,
): DraftInterface['written'] {
  if (typeof written === 'string') return readOne(draft, machine, written, undefined, path);
  const four =
    written.address === undefined ? {} : readOne(draft, machine, written.address, 4, [...path, 'address']);
  const six =
    written.address6 === undefined ? {} : readOne(draft, machine, written.address6, 6, [...path, 'address6']);
  return { ...four, ...six };
}

/** An address of either family where none is asked for; `auto`, or nothing good, leaves the family to the pool. */
function readOne(
  draft: Draft,
  machine: DraftMachine,
  text: string,
  family: Family | undefined,
  path: Path,
): DraftInterface['written'] {
  if (text === 'auto') return {};
  const parsed = parseAddress(text);
  const found = parsed?.family;
  if (found !== undefined && (family ?? found) === found) return { [found]: text };
  const key = found === 4 ? 'address' : 'address6';
  if (found !== undefined)
    draft.report('wrong-family', `'${text}' is IPv${found}`, path, { fix: `write it as '${key}'` });
  else draft.report('bad-address', `'${text}' is not an IP address`, path, { fix: fixAddress(text) });
  draft.damaged.add(machine.path.join('/'));
  return {};
}

function fixAddress(text: string): string {
  const [address = '', length] = text.split('/');
  if (length !== undefined && parseAddress(address))
    return `write '${address}': the length comes from the segment`;
  const decimal = text
    .split('.')
    .map((part) => String(Number(part)))
    .join('.');
  if (/^[\d.]+$/.test(text) && parseAddress(decimal)) return `write '${decimal}', without leading zeros`;
  return "write four numbers up to 255 such as 192.168.10.100, an IPv6 address, or 'auto'";
}
