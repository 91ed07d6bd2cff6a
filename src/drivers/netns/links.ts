/** Whether this kernel can do to packets what the links of a lab say, before anything of it is made. */
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { list } from '../../core/suggest.js';
import type { QueueKind } from '../../link/impairment.js';
import { DIRECTIONS } from '../../link/impairment.js';
import type { Lab } from '../../model/lab.js';
import { dropRules } from '../../render/link-rules.js';
import { droppedByRules, needsNetem } from '../../render/tc.js';
import { canUnshare } from '../../sys/capabilities.js';
import { findTool, toolEnv } from '../../sys/tools.js';

/** What is tried out; all where each can be had. */
const TRIALS = {
  netem: 'tc qdisc add dev lo root netem delay 1ms',
  seed: 'tc qdisc add dev lo root netem delay 1ms seed 1',
  tbf: 'tc qdisc add dev lo root tbf rate 1mbit burst 32kb limit 64kb',
  'fq-codel': 'tc qdisc add dev lo root fq_codel',
  cake: 'tc qdisc add dev lo root cake',
  red: 'tc qdisc add dev lo root red limit 60000b min 5000b max 15000b avpkt 1000 burst 9 bandwidth 1mbit',
  drops: `nft '${dropRules('x', [
    { direction: 'up', hook: 'ingress', device: 'lo', percent: 1 },
    { direction: 'down', hook: 'egress', device: 'lo', percent: 1 },
  ])}'`,
} as const;

export type Ability = keyof typeof TRIALS;

/** The first time a kernel loads a module for each of them: many seconds on a slow computer. */
const TRIAL_TIMEOUT = 90_000;

let known: ReadonlySet<Ability> | undefined;

/** In namespaces of their own, gone at once; about as long as it takes to start tc seven times. */
export function linkAbilities(): ReadonlySet<Ability> {
  if (known) return known;
  const user = canUnshare() ? [] : ['--user', '--map-root-user'];
  const script = (Object.keys(TRIALS) as Ability[])
    .map((name) => `${TRIALS[name]} && echo ${name}; tc qdisc del dev lo root`)
    .join('\n');
  const argv = [...user, '--net', '--mount', '--', 'sh', '-c', script];
  const options = { env: toolEnv(), encoding: 'utf8', timeout: TRIAL_TIMEOUT } as const;
  // Of what was cut off the first part holds; where there is no unshare there is no output either.
  const { stdout } = spawnSync('unshare', argv, options) as { readonly stdout: string | null };
  const words = new Set((stdout ?? '').split('\n'));
  return (known = new Set((Object.keys(TRIALS) as Ability[]).filter((name) => words.has(name))));
}

type Wish = { readonly ability: Ability; readonly what: string; readonly where: string };

/** Errors, one for each thing that is missing; empty where there is nothing to ask for. */
export function linkTroubles(lab: Lab): Diagnostic[] {
  const wishes = wishesOf(lab, (ability) => linkAbilities().has(ability));
  if (wishes.length === 0) return [];
  if (findTool('tc') === undefined)
    return [
      diagnostic('tool-missing', 'tc is not installed; links need it', { fix: 'apt-get install iproute2' }),
    ];
  const abilities = linkAbilities();
  const missing = new Map<Ability, Wish[]>();
  for (const wish of wishes) {
    if (abilities.has(wish.ability)) continue;
    missing.set(wish.ability, [...(missing.get(wish.ability) ?? []), wish]);
  }
  return [...missing].map(([ability, some]) => trouble(ability, some));
}

function wishesOf({ machines }: Lab, can: (ability: Ability) => boolean): Wish[] {
  return machines.flatMap(({ name, interfaces }) =>
    interfaces.flatMap(({ link, segment }) => {
      const where = `${name}:${segment}`;
      const wish = (ability: Ability, what: string): Wish => ({ ability, what, where });
      const cut = link?.cut || link?.apart ? [wish('drops', 'a link that is cut')] : [];
      const rest = DIRECTIONS.flatMap((direction): Wish[] => {
        const impairment = link?.[direction];
        if (!impairment) return [];
        const netem = needsNetem(impairment).map((what) => wish(what === 'seed' ? 'seed' : 'netem', what));
        const isPlain = netem.length === 0 && droppedByRules(impairment, 'nftables') > 0;
        return [
          ...netem,
          ...(isPlain && !can('netem') ? [wish('drops', 'loss')] : []),
          ...(impairment.rate ? rateWishes(impairment.rate.queue.kind, wish) : []),
        ];
      });
      return [...cut, ...rest];
    }),
  );
}

function rateWishes(kind: QueueKind, wish: (ability: Ability, what: string) => Wish): Wish[] {
  const bucket = kind === 'cake' ? [] : [wish('tbf', 'rate')];
  return kind === 'drop-tail' ? bucket : [...bucket, wish(kind, `queue ${kind}`)];
}

const MODULES: Readonly<Record<Ability, string>> = {
  netem: 'sch_netem',
  seed: 'a sch_netem that takes a seed (Linux 6.5 and tc 6.5)',
  tbf: 'sch_tbf',
  'fq-codel': 'sch_fq_codel',
  cake: 'sch_cake',
  red: 'sch_red',
  drops: 'nftables at interfaces (nf_tables netdev, Linux 5.16)',
};

function trouble(ability: Ability, wishes: readonly Wish[]): Diagnostic {
  const what = list([...new Set(wishes.map((one) => one.what))]);
  const where = list([...new Set(wishes.map((one) => one.where))]);
  const message = `this kernel (${release()}) has no ${MODULES[ability]}, which ${what} needs at ${where}`;
  return diagnostic('link-unsupported', message, { fix: FIXES[ability] });
}

const LOAD = (module: string): string => `as root: 'modprobe ${module}', or a kernel that has it`;
const NETEM_FIX = `${LOAD('sch_netem')}; without, 'rate', 'loss: 1%' and 'mtu' work here`;

const FIXES: Readonly<Record<Ability, string>> = {
  netem: NETEM_FIX,
  seed: "leave 'seed' out, or use a newer kernel and iproute2",
  tbf: LOAD('sch_tbf'),
  'fq-codel': `${LOAD('sch_fq_codel')}; without, 'queue: { kind: drop-tail }'`,
  cake: `${LOAD('sch_cake')}; without, 'queue: { kind: drop-tail }'`,
  red: `${LOAD('sch_red')}; without, 'queue: { kind: drop-tail }'`,
  drops: LOAD('nf_tables'),
};

/** What there is to know where netem is missing, for doctor. */
export function linkNotes(): string[] {
  const abilities = linkAbilities();
  const has = (ability: Ability): boolean => abilities.has(ability);
  const queues = (['fq-codel', 'cake', 'red'] as const).filter((kind) => !has(kind));
  const instead = [has('tbf') ? "'rate' by tbf" : '', has('drops') ? "random 'loss' by nftables" : '']
    .filter((one) => one !== '')
    .join(' and ');
  return [
    ...(has('netem')
      ? []
      : [
          `this kernel has no sch_netem: links have no delay, jitter, bursts of loss, reordering, duplicates or corruption here${instead === '' ? '' : `, but ${instead}`}; ${LOAD('sch_netem')}`,
        ]),
    ...(has('netem') && !has('seed') ? ["links take no 'seed' here: that needs Linux 6.5 and tc 6.5"] : []),
    ...(queues.length === 0 ? [] : [`queues this kernel does not have: ${queues.join(', ')}`]),
  ];
}
