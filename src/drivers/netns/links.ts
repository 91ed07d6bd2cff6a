/** Whether this kernel can do to packets what the links of a lab say, before anything of it is made. */
import { release } from 'node:os';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { list } from '../../core/suggest.js';
import type { Lab } from '../../model/lab.js';
import type { Style, Wish } from '../../render/link-needs.js';
import { lacking, linkWishes } from '../../render/link-needs.js';
import type { Ability } from '../../render/link-trials.js';
import { abilityFix, MODULES } from '../../render/link-trials.js';
import { findTool } from '../../sys/tools.js';
import { linkAbilities } from './link-abilities.js';

const STYLE: Style = { reach: () => [], drop: () => ['drops'] };

/** Errors, one for each thing that is missing; empty where there is nothing to ask for. */
export function linkTroubles(lab: Lab): Diagnostic[] {
  const wishes = lab.machines.flatMap((machine) => linkWishes(machine, STYLE));
  if (wishes.length === 0) return [];
  if (findTool('tc') === undefined)
    return [
      diagnostic('tool-missing', 'tc is not installed; links need it', { fix: 'apt-get install iproute2' }),
    ];
  const abilities = linkAbilities();
  const missing = new Map<Ability, Wish[]>();
  for (const wish of wishes) {
    const ability = lacking(wish.ways, (one) => abilities.has(one));
    if (ability) missing.set(ability, [...(missing.get(ability) ?? []), wish]);
  }
  return [...missing].map(([ability, some]) => trouble(ability, some));
}

function trouble(ability: Ability, wishes: readonly Wish[]): Diagnostic {
  const what = list([...new Set(wishes.map((one) => one.what))]);
  const where = list([...new Set(wishes.map((one) => one.where))]);
  const message = `this kernel (${release()}) has no ${MODULES[ability]}, which ${what} needs at ${where}`;
  return diagnostic('link-unsupported', message, { fix: abilityFix(ability, LOAD) });
}

const LOAD = (module: string): string => `as root: 'modprobe ${module}', or a kernel that has it`;

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
