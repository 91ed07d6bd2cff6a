/** Finds out why a packet or its answer ended where it did, and how to fix it. */
import type { Departure } from './expected.js';
import { departureOf } from './expected.js';
import type { MachineState, Question } from './look.js';
import { policyCause, removal, ruleCause } from './cause-rule.js';
import { lostCause, unsentCause } from './cause-left.js';
import { noAnswerCause, wrongAnswerCause } from './cause-silent.js';
import { notMadeCause, unroutedCause } from './cause-unrouted.js';
import type { Draft, Stop } from './drafts.js';
import type { TraceCause } from './result.js';
import type { Leg, Story } from './story.js';
import { endOf, isOwn, machineOf, packetAfter } from './story.js';
import type { Visit } from './visits.js';
import { execFix, mendFix, packetWord, wayFix } from './drafts.js';
import type { MatchedRule } from './rule-trace.js';
import { tracedRules } from './rule-texts.js';

/** Asks a machine about a packet that ended there. */
export type Ask = (question: Question) => Promise<MachineState>;

export type Inquiry = {
  readonly ask: Ask;
  /** Whether a machine's rules were watched. */
  readonly isWatched: (machine: string) => boolean;
};

/** For a packet that was not answered. */
export async function causeOf(story: Story, inquiry: Inquiry): Promise<TraceCause> {
  const departure = departureOf(story);
  const { leg, visit } = lastOf(story, inquiry);
  const draft = await stopCause(story, { leg, visit }, inquiry);
  const isDrop = draft.kind === 'rule' && !draft.own;
  // A difference from the topology is named before its consequences; but a rule that is not of the topology is no consequence.
  if (!departure || isDrop || isAsWritten(story, draft)) return causeFrom(draft, leg);
  return departureCause(story, departure, draft, inquiry);
}

/** A drop that the topology asks for. */
const isAsWritten = ({ expected }: Story, { kind, machine, own }: Draft): boolean =>
  kind === 'rule' && own === true && expected.dropped !== undefined && machine === expected.end;

function lastOf({ there, back, asked, view }: Story, { isWatched }: Inquiry): Stop {
  const last = (visits: readonly Visit[]): Visit => visits.at(-1) ?? { machine: asked.from.name };
  const visit = last(there);
  const destination = packetAfter(visit)?.destination;
  const end = endOf(visit, isWatched(visit.machine), isOwn(machineOf(view, visit.machine), destination));
  const isAnswered = end.how === 'delivered' && back.length > 0;
  return isAnswered ? { leg: 'back', visit: last(back) } : { leg: 'there', visit };
}

async function stopCause(story: Story, stop: Stop, { ask, isWatched }: Inquiry): Promise<Draft> {
  const { visit, leg } = stop;
  const { machine } = visit;
  const own = isOwn(machineOf(story.view, machine), packetAfter(visit)?.destination);
  const end = endOf(visit, isWatched(machine), own);
  switch (end.how) {
    case 'dropped':
      return ruleCause(story, stop, end.rule);
    case 'policy':
      return policyCause(stop, end);
    case 'unrouted':
      return unroutedCause(story, stop, await ask(questionOf(visit)));
    case 'unsent':
      return unsentCause(story, stop, await ask(onward(visit)), ask);
    case 'left':
      return lostCause(story, stop, await ask(onward(visit)), ask);
    case 'not-made':
      return leg === 'back'
        ? noAnswerCause(story, stop, await ask(answering(story)))
        : notMadeCause(story, stop, await ask(questionOf(visit, story.asked.address)));
    case 'before-rules':
      return {
        kind: 'unknown',
        machine,
        text: `${machine} drops ${packetWord(leg)} at ${visit.in?.interface ?? 'its interface'} ahead of where rules are watched: by a netdev or very early rule, tc or XDP`,
        evidence: visit.in ? [`${machine}: ${visit.in.line}`] : [],
        fix: `look for it: '${execFix(machine, 'nft list ruleset')}', '${execFix(machine, `tc filter show dev ${visit.in?.interface ?? 'eth0'} ingress`)}'`,
      };
    case 'delivered':
      return leg === 'back'
        ? wrongAnswerCause(story, stop)
        : noAnswerCause(story, stop, await ask(answering(story)));
  }
}

/** The packet as the machine routes it, after its destination is translated. */
function questionOf(visit: Visit, destination = ''): Question {
  const packet = packetAfter(visit);
  return {
    machine: visit.machine,
    source: visit.in ? (packet?.source ?? '') : '',
    destination: packet?.destination ?? destination,
    ...(visit.in && { in: visit.in.interface }),
  };
}

/** For a packet that was routed, only its next route is looked up. */
const onward = (visit: Visit): Question => ({
  machine: visit.machine,
  source: '',
  destination: packetAfter(visit)?.destination ?? '',
});

/** The way back, as the destination sees the sender. */
function answering({ there, asked }: Story): Question {
  const last = there.at(-1);
  const packet = last && packetAfter(last);
  return {
    machine: last?.machine ?? asked.from.name,
    source: packet?.destination ?? '',
    destination: packet?.source ?? '',
  };
}

function causeFrom({ kind, machine, text, evidence, fix, at }: Draft, leg: Leg): TraceCause {
  return { kind, leg, machine, text, evidence, ...(fix !== undefined && { fix }), ...(at && { at }) };
}

/** A difference from the topology, with its consequence as the evidence. */
async function departureCause(
  story: Story,
  departure: Departure,
  draft: Draft,
  { ask }: Inquiry,
): Promise<TraceCause> {
  const { machine, hop } = departure;
  const evidence = [draft.text, ...draft.evidence];
  if (departure.kind === 'translation') return translationCause(story, departure, evidence);
  const visit = story.there[hop];
  const way = visit ? await ask(onward(visit)) : undefined;
  return {
    kind: 'wrong-way',
    leg: 'there',
    machine,
    text: departure.text,
    evidence: [...(way ? [`${machine}: ip route get: ${way.route}`] : []), ...evidence],
    fix: wayFix(story, machine, (visit && packetAfter(visit)?.destination) ?? '', way?.matched ?? ''),
  };
}

function translationCause(
  story: Story,
  { machine, hop, text, mapping, before, found }: Extract<Departure, { kind: 'translation' }>,
  evidence: readonly string[],
): TraceCause {
  const { lab } = story;
  const place = mapping && mapping.line > 0 ? { file: lab.file, line: mapping.line } : undefined;
  const base = { kind: 'not-translated', leg: 'there', machine, ...(place && { at: place }) } as const;
  const other = foreignNat(story, hop);
  if (other)
    return {
      ...base,
      text: `${text}: the rule '${other.text}', which is not of the topology, comes before`,
      evidence: [`${machine}: ${other.matched.table} ${other.matched.chain}: ${other.text}`, ...evidence],
      fix: removal(machine, other.matched, other.text),
    };
  const why = before === found ? 'no rule does it' : 'its rule is another one';
  return { ...base, text: `${text}, and ${why}`, evidence, fix: mendFix(lab) };
}

/** A rule of somebody's that prevented NAT. */
function foreignNat(
  { there, surveys, lab }: Story,
  hop: number,
): { readonly matched: MatchedRule; readonly text: string } | undefined {
  const visit = there[hop];
  const matched = visit?.passage?.rules ?? [];
  const texts = surveys.get(visit?.machine ?? '')?.rules ?? new Map<string, string>();
  const rules = tracedRules(matched, texts, lab.file);
  const at = rules.findIndex(
    ({ own, table, verdict, text }) =>
      !own &&
      verdict === 'accept' &&
      (table.endsWith(' nat') || /\b[ds]nat\b|masquerade|redirect/i.test(text)),
  );
  const [rule, one] = [rules[at], matched[at]];
  return rule && one && { matched: one, text: rule.text };
}
