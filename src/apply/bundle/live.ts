/** The present state of routers: rulesets with counters, settings, addresses, routes and connections. */
import { Buffer } from 'node:buffer';
import type { Output } from '../../core/command.js';
import type { Lab } from '../../model/lab.js';
import { planLab } from '../../plan/build.js';
import type { Session } from '../../transport/session.js';

const TIMEOUT = 20_000;
/** Settings that affect forwarding, beside those that labnet sets. */
const SETTINGS = [
  'net.ipv4.ip_forward',
  'net.ipv6.conf.all.forwarding',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.conf.default.rp_filter',
  'net.ipv4.conf.all.send_redirects',
  'net.netfilter.nf_conntrack_max',
];

type Question = { readonly file: string; readonly argv: readonly [string, ...string[]] };

const questionsOf = (lab: Lab): Question[] => [
  { file: 'nft-ruleset.txt', argv: ['nft', 'list', 'ruleset'] },
  { file: 'iptables-save.txt', argv: ['iptables-save', '-c'] },
  { file: 'ip6tables-save.txt', argv: ['ip6tables-save', '-c'] },
  {
    file: 'sysctl.txt',
    argv: ['sysctl', '-e', ...new Set([...planLab(lab).sysctls(), ...SETTINGS])],
  },
  { file: 'addresses.txt', argv: ['ip', '-brief', 'address'] },
  { file: 'routes.txt', argv: ['ip', 'route', 'show', 'table', 'all'] },
  { file: 'routes6.txt', argv: ['ip', '-6', 'route', 'show', 'table', 'all'] },
  { file: 'qdisc.txt', argv: ['tc', '-s', 'qdisc', 'show'] },
  { file: CONNECTIONS, argv: ['cat', '/proc/net/nf_conntrack'] },
];

const CONNECTIONS = 'conntrack.txt';

export type Live = { readonly files: ReadonlyMap<string, Buffer>; readonly notes: readonly string[] };

export async function liveOf(lab: Lab, session: Session): Promise<Live> {
  const questions = questionsOf(lab);
  const routers = lab.machines.filter(({ kind }) => kind === 'router');
  const asked = routers.flatMap(({ name }) => questions.map((question) => ({ machine: name, ...question })));
  const outputs = await session.run(asked.map(({ machine, argv }) => ({ machine, argv, timeout: TIMEOUT })));
  const files = new Map<string, Buffer>();
  const notes: string[] = [];
  for (const [index, { machine, file, argv }] of asked.entries()) {
    const path = `routers/${machine}/${file}`;
    const output = outputs[index];
    if (output?.exitCode === 0 || (output?.stdout ?? '') !== '')
      files.set(path, Buffer.from(output?.stdout ?? ''));
    else notes.push(`${path} is not there: ${argv.slice(0, 3).join(' ')}: ${whyNot(output)}`);
  }
  return { files, notes };
}

const whyNot = (output: Output | undefined): string =>
  output?.error ?? output?.stderr.trim().split('\n')[0] ?? 'no answer';
