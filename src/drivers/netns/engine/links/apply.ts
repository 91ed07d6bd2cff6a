/** Makes links what they are to be: tc at both ends of each, and rules between the machines. */
import { LabnetError, failure } from '../../../../core/errors.js';
import { diagnostic } from '../../../../core/diagnostic.js';
import type { Outline } from '../../../../plan/build.js';
import type { Qdiscs } from '../../../../sys/netlink/dump.js';
import { CLONE, enter } from '../../../../sys/namespaces.js';
import { explainWords } from '../../room/explain.js';
import { pinOf } from '../../paths.js';
import type { Ran } from '../tool.js';
import { runTool } from '../tool.js';
import type { LinkFaults, PartFault } from './faults.js';
import { listed } from './faults.js';
import { seeLinks } from './see.js';
import { dropsOf, partOf } from '../../../../render/link-parts.js';
import type { StoredPart } from './store.js';
import { storeDropsGeneration, storeLinks } from './store.js';

/** tc is started for so many machines at a time. */
const AT_ONCE = 8;

export type Faulty = { readonly plan: Outline; readonly faults: LinkFaults };

/** Access to the namespace between the machines. */
export type Way = {
  readonly enterFabric: () => unknown;
  readonly hasNetem: () => boolean;
  /** What is listed between the machines. */
  readonly lookFabric: () => Qdiscs;
};

export async function applyLinks(all: readonly Faulty[], way: Way): Promise<void> {
  await loadFabric(all, way);
  const own = all.filter(({ faults }) => faults.parts.some(({ direction }) => direction === 'up'));
  for (let at = 0; at < own.length; at += AT_ONCE)
    await Promise.all(own.slice(at, at + AT_ONCE).map((one) => loadOwn(one)));
  const fabric = way.lookFabric();
  for (const { plan } of all) store(plan, fabric, way.hasNetem);
}

async function loadFabric(all: readonly Faulty[], { enterFabric }: Way): Promise<void> {
  const lines = all.flatMap(({ faults }) => linesFor(faults.parts, 'down'));
  const rules = all.flatMap(({ faults }) => rulesText(faults));
  enterFabric();
  const tc = lines.length > 0 ? runTool(TC, text(lines)) : undefined;
  const nft = rules.length > 0 ? runTool(['nft', '-f', '-'], rules.join('')) : undefined;
  if (tc) refuse('links', 'tc', await tc, lines);
  if (!nft) return;
  refuse('links', 'nft', await nft, rules.join('').split('\n'));
  enterFabric();
  storeDropsGeneration();
}

async function loadOwn({ plan, faults }: Faulty): Promise<void> {
  const { machine } = plan.machine;
  const lines = linesFor(faults.parts, 'up');
  if (lines.length === 0) return;
  enter(pinOf(machine), CLONE.NEWNET);
  refuse(machine, 'tc', await runTool(TC, text(lines)), lines);
}

const TC = ['tc', '-batch', '-'] as const;
const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

const linesFor = (parts: readonly PartFault[], direction: PartFault['direction']): string[] =>
  parts
    .filter((part) => part.direction === direction)
    .flatMap(({ link, wanted, isCleared }) => {
      const device = direction === 'up' ? link.interface : link.port;
      return [...(isCleared ? [`qdisc del dev ${device} root`] : []), ...(wanted?.lines ?? [])];
    });

const rulesText = ({ rules }: LinkFaults): string[] =>
  rules
    ? [
        ...rules.wanted.map((one) => one.text),
        // Which is there or not: made first, so that it can go.
        ...rules.gone.map((table) => `table netdev ${table}\ndelete table netdev ${table}\n`),
      ]
    : [];

/** As the kernel lists it now: a later difference means that somebody else changed it. */
function store(plan: Outline, fabric: Qdiscs, hasNetem: () => boolean): void {
  enter(pinOf(plan.machine.machine), CLONE.NEWNET);
  const seen = seeLinks(fabric, true);
  const parts = plan.impairs.map((step): StoredPart => ({
    ...partOf(step, hasNetem),
    seen: listed(seen, step.interface, step.direction),
  }));
  storeLinks(plan.machine.machine, { parts, rules: dropsOf(plan.impairs, hasNetem) });
}

function refuse(where: string, tool: 'tc' | 'nft', ran: Ran, lines: readonly string[]): void {
  if (ran.exitCode === 0) return;
  const { complained } = ran;
  if (/ENOENT|not found/.test(complained) && ran.exitCode === null)
    throw failure(
      'tool-missing',
      `${tool} is not installed; links need it`,
      `apt-get install ${PACKAGES[tool]}`,
    );
  const wanting = explainWords(`${where}: ${tool}`, complained);
  if (wanting) throw new LabnetError([wanting]);
  const number = /(?:Command failed -:|stdin:)(\d+)/.exec(complained)?.[1];
  const line = number === undefined ? '' : `\n  ${lines[Number(number) - 1] ?? ''}`;
  const reason = complained.trim().split('\n')[0] ?? '';
  const fix = "the kernel may lack what this needs: 'labnet doctor' tells";
  throw new LabnetError([diagnostic('step-failed', `${where}: ${tool}: ${reason}${line}`, { fix })], 1);
}

const PACKAGES = { tc: 'iproute2', nft: 'nftables' } as const;
