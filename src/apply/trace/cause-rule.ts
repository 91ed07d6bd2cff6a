/** A packet that a rule dropped, or the policy of a chain. */
import type { Interface } from '../../model/lab.js';
import { bare } from '../../model/view.js';
import type { Draft, Stop } from './drafts.js';
import { errorsSent, errorText, execFix, packetWord } from './drafts.js';
import type { MatchedRule } from './rule-trace.js';
import { tracedRules } from './rule-texts.js';
import type { Story } from './story.js';
import { machineOf, packetAfter } from './story.js';

export function ruleCause(story: Story, { leg, visit }: Stop, matched: MatchedRule): Draft {
  const { machine } = visit;
  const texts = story.surveys.get(machine)?.rules ?? new Map<string, string>();
  const rules = visit.passage?.rules ?? [];
  const rule = tracedRules(rules, texts, story.lab.file)[rules.indexOf(matched)];
  if (!rule) return policyCause({ leg, visit }, matched);
  const isWanted = story.expected.dropped !== undefined && story.expected.end === machine;
  const written = isWanted ? `, as the topology wants it: ${story.expected.dropped ?? ''}` : '';
  return {
    kind: 'rule',
    machine,
    text: `${machine} drops ${packetWord(leg)} by the rule '${rule.text}'${rule.own ? written : ', which is not of the topology'}`,
    evidence: [
      `${machine}: ${rule.table} ${rule.chain}: ${rule.text}`,
      ...errorsSent(story.errors).map(errorText),
    ],
    fix: rule.own ? ownFix(story, { leg, visit }, isWanted) : removal(machine, matched, rule.text),
    own: rule.own,
    ...(rule.at && { at: rule.at }),
  };
}

function ownFix({ asked, view }: Story, { leg, visit }: Stop, isWanted: boolean): string {
  const end = packetAfter(visit);
  const segment = machineOf(view, visit.machine)?.interfaces.find((one) =>
    isOn(one, end?.destination),
  )?.segment;
  if (leg === 'there' && asked.port !== undefined && segment !== undefined)
    return `for a program of ${visit.machine} itself, open the port in the topology: { forward: ${asked.protocol}/${asked.port}, via: ${segment}, to: ${visit.machine} }; for a host behind it, forward it there`;
  return isWanted
    ? 'this is as written: send to a public address, or publish the host or its port (docs/topology.md)'
    : `the NAT of the topology does not let this through: send to an address or port that it publishes, not to ${asked.address}`;
}

const isOn = ({ addresses }: Interface, address: string | undefined): boolean =>
  addresses.some((one) => bare(one) === address);

/** The rule, in the syntax of the tool that shows it. */
export function removal(machine: string, { table, chain, handle }: MatchedRule, text: string): string {
  const [family = 'ip', name = ''] = table.split(' ');
  if (!text.startsWith('-A ')) return execFix(machine, `nft delete rule ${table} ${chain} handle ${handle}`);
  const tool = family === 'ip6' ? 'ip6tables' : 'iptables';
  return execFix(machine, `${tool} -t ${name} -D ${text.slice('-A '.length)}`);
}

export function policyCause(
  { leg, visit }: Stop,
  { table, chain }: { readonly table: string; readonly chain: string },
): Draft {
  const { machine } = visit;
  const [family = 'ip', name = ''] = table.split(' ');
  const isIptables = /^ip6? (filter|nat|mangle|raw|security)$/.test(table);
  const open = isIptables
    ? `${family === 'ip6' ? 'ip6tables' : 'iptables'} -t ${name} -P ${chain} ACCEPT`
    : `nft chain ${table} ${chain} '{ policy accept; }'`;
  return {
    kind: 'rule',
    machine,
    text: `${machine} drops ${packetWord(leg)} by the policy of ${table} ${chain}, which is not of the topology`,
    evidence: [`${machine}: ${table} ${chain}: policy drop`],
    fix: execFix(machine, open),
    own: false,
  };
}
