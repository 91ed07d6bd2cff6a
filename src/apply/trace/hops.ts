/** Describes visits as hops: what came in, what went out, its translations, and their rules. */
import { endText, packetAfter, packetBefore } from './story.js';
import type { TracedAt, TracedPacket, TracedRule, TraceHop, Translation } from './result.js';
import type { HookPacket } from './rule-trace.js';
import { tracedRules } from './rule-texts.js';
import type { Survey } from './look.js';
import type { Sighting } from './sightings.js';
import { tunnelText } from './tunnels.js';
import type { SegmentOf, Visit } from './visits.js';

export type Telling = {
  readonly file: string;
  readonly segmentOf: SegmentOf;
  readonly surveys: ReadonlyMap<string, Survey>;
};

export function hopOf(visit: Visit, { file, segmentOf, surveys }: Telling): TraceHop {
  const { machine, passage } = visit;
  const texts = surveys.get(machine)?.rules ?? new Map<string, string>();
  const rules = tracedRules(passage?.rules ?? [], texts, file);
  const at = ({ interface: on, packet }: Sighting): TracedAt => {
    const segment = segmentOf(machine, on);
    const tunnel = segment === undefined ? surveys.get(machine)?.tunnels.get(on) : undefined;
    return {
      interface: on,
      ...(segment !== undefined && { segment }),
      ...(tunnel && { tunnel: tunnelText(tunnel) }),
      packet,
    };
  };
  return {
    machine,
    ...(visit.in && { in: at(visit.in) }),
    ...(visit.out && { out: at(visit.out) }),
    translations: translationsOf(packetBefore(visit), packetAfter(visit), rules),
    rules,
  };
}

type Packet = TracedPacket | HookPacket | undefined;

function translationsOf(before: Packet, after: Packet, rules: readonly TracedRule[]): Translation[] {
  if (!before || !after) return [];
  return (['destination', 'source'] as const).flatMap((field): Translation[] => {
    const [was, is] = [before, after].map((packet) => endText(packet[field], packet[`${field}Port`]));
    if (was === undefined || is === undefined || was === is) return [];
    const rule = rules.findLast(({ text }) => TRANSLATES[field].test(text));
    return [{ field, before: was, after: is, ...(rule && { rule }) }];
  });
}

/** In the syntax of both tools. */
const TRANSLATES = {
  destination: /-j (DNAT|REDIRECT|NETMAP|DNPT)\b|\bdnat (ip6? )?(to|addr|prefix)\b|\bredirect\b/,
  source: /-j (SNAT|MASQUERADE|NETMAP|SNPT)\b|\bsnat (ip6? )?(to|addr|prefix)\b|\bmasquerade\b/,
} as const;
