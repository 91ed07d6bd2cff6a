/** Reads `nft -a monitor trace`: each pass of a packet through a machine, according to the kernel. */
import type { TracedPacket } from './result.js';
import type { Stage } from './watch-rules.js';
import { TABLE } from './watch-rules.js';

/** What nft reports of a packet at a hook. */
export type HookPacket = TracedPacket & { readonly in?: string; readonly out?: string };

export type MatchedRule = {
  /** Family and table, such as `ip nat`. */
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  /** As nft writes it. */
  readonly text: string;
  /** Such as `accept` or `jump LABNET-DNAT`. */
  readonly verdict: string;
};

export type Passage = {
  /** At each hook that it reached, in order. */
  readonly stages: readonly { readonly stage: Stage; readonly packet: HookPacket }[];
  readonly rules: readonly MatchedRule[];
  /** The chain whose policy dropped it. */
  readonly policy?: { readonly table: string; readonly chain: string };
};

type Open = {
  /** Whether it was selected by this trace's rule, not by that of another trace at the same time. */
  isOurs: boolean;
  stages: Passage['stages'][number][];
  rules: MatchedRule[];
  policy?: NonNullable<Passage['policy']>;
};

const LINE = /^trace id ([0-9a-f]+) (\S+ \S+) (\S+) (packet:|rule|policy|verdict|unknown) ?(.*)$/;
const RULE = /^(.*?)(?: # handle (\d+))? \(verdict ([^)]*)\)$/;

/** @param table labnet's own; what it does not mark is somebody else's business */
export function readRuleTrace(text: string, table: string): Passage[] {
  const passages: Open[] = [];
  const open = new Map<string, Open>();
  for (const line of text.split('\n')) {
    const [, id, of = '', chain = '', kind, rest = ''] = LINE.exec(line) ?? [];
    if (id === undefined) continue;
    const isOwn = of === `inet ${table}`;
    const packet = kind === 'packet:' ? readPacket(rest) : undefined;
    // The kernel reuses its numbers: a new packet begins where our rule sees one first.
    if (isOwn && packet && BEGINNINGS.includes(chain)) {
      const begun: Open = { isOurs: false, stages: [], rules: [] };
      passages.push(begun);
      open.set(id, begun);
    }
    const passage = open.get(id);
    if (!passage) continue;
    if (isOwn && packet) passage.stages.push({ stage: chain as Stage, packet });
    if (isOwn && kind === 'rule' && BEGINNINGS.includes(chain)) passage.isOurs = true;
    // Other tables of labnet's belong to other traces.
    if (of.startsWith(`inet ${TABLE}-`)) continue;
    if (kind === 'rule') passage.rules.push(readRule(of, chain, rest));
    if (kind === 'policy' && rest.startsWith('drop')) passage.policy = { table: of, chain };
  }
  return passages.filter(({ isOurs }) => isOurs);
}

const BEGINNINGS: readonly string[] = ['prerouting', 'output'] satisfies Stage[];

function readRule(table: string, chain: string, rest: string): MatchedRule {
  const [, text = rest, handle, verdict = ''] = RULE.exec(rest.trim()) ?? [];
  return { table, chain, handle: Number(handle ?? 0), text: text.replace(/\s+/g, ' ').trim(), verdict };
}

function readPacket(text: string): HookPacket | undefined {
  const word = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const number = (pattern: RegExp): number | undefined => {
    const found = word(pattern);
    return found === undefined ? undefined : Number(found);
  };
  const source = word(/\bip6? saddr (\S+)/);
  const destination = word(/\bip6? daddr (\S+)/);
  if (source === undefined || destination === undefined) return undefined;
  const payload = number(/\bip6 length (\d+)/);
  const [on, out] = [word(/\biif "([^"]*)"/), word(/\boif "([^"]*)"/)];
  const [from, to] = [number(/\b(?:tcp|udp|th) sport (\d+)/), number(/\b(?:tcp|udp|th) dport (\d+)/)];
  return {
    ...{ source, destination },
    ttl: number(/\b(?:ip ttl|ip6 hoplimit) (\d+)/) ?? 0,
    length: payload === undefined ? (number(/\bip length (\d+)/) ?? 0) : payload + IPV6_HEADER,
    ...(on !== undefined && { in: on }),
    ...(out !== undefined && { out }),
    ...(from !== undefined && { sourcePort: from }),
    ...(to !== undefined && { destinationPort: to }),
  };
}

const IPV6_HEADER = 40;

/** Whether a packet that met this rule ended there. */
export const isDrop = ({ verdict }: MatchedRule): boolean => /^(drop|reject)/.test(verdict);
