/** Translates `KEY=VALUE` of a command line to the keys of a link in a topology. */
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { Problem } from '../../core/errors.js';
import { LabnetError, SettingsError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Link } from '../../link/impairment.js';
import { DIRECTIONS } from '../../link/impairment.js';
import { judgeAlone, NONE } from '../../model/links/alone.js';
import { readLink } from '../../model/links/read.js';
import { writtenOf } from '../../model/links/written.js';
import type { WrittenDirection } from '../../topology/link-schema.js';
import { formIssues } from '../../topology/issues.js';
import { LINK_KEYS, linkSchema } from '../../topology/link-schema.js';

type Tree = { [key: string]: string | number | Tree };

/**
 * Changes some settings of a link. `delay=80ms` is one way, as in tc; `delay.rtt=80ms` is the round trip; `up.rate=5mbit`
 * sets one direction; `loss=none` removes a setting.
 * @throws LabnetError exit code 2: unknown-key, wrong-value, bad-amount, link-unfit, unknown-preset
 */
export function withSettings(link: Link | undefined, settings: readonly string[]): Link {
  const tree = treeOf(settings);
  for (const way of DIRECTIONS)
    if (tree[way] !== undefined && typeof tree[way] !== 'object')
      throw new LabnetError([saysNothing(`${way}=${tree[way]}`, `such as ${way}.rate=5mbit`)], 2);
  const parsed = linkSchema.safeParse(merged(link ?? {}, tree));
  if (!parsed.success) throw new LabnetError(formProblems(tree, settings), 2);
  refuseAlone(tree);
  const problems = new Problems(tree);
  const read = readLink(problems, parsed.data, 'attachment');
  if (!read) throw new SettingsError(problems.all());
  const { cut, apart } = link ?? {};
  return { ...read, ...(cut && { cut }), ...(apart && { apart }) };
}

/** The errors that the same values would have in a topology file. */
function refuseAlone(tree: Tree): void {
  const { up, down, ...both } = tree;
  const parsed = linkSchema.safeParse({ ...oneWay(both), ...definedWays({ up, down }) });
  if (!parsed.success || typeof parsed.data === 'string') return;
  const problems = new Problems(tree);
  judgeAlone(parsed.data, problems.say);
  if (problems.all().length > 0) throw new SettingsError(problems.all());
}

/** Each error once, with its key as the user wrote it: a setting of both directions is not shown as one of `up`. */
class Problems {
  readonly #found = new Map<string, Problem>();

  constructor(private readonly tree: Tree) {}

  readonly say = (
    code: Diagnostic['code'],
    message: string,
    [way = '', ...rest]: readonly string[],
    fix: string,
  ): void => {
    const own = this.tree[way];
    const isOfBoth =
      (way === 'up' || way === 'down') && !(typeof own === 'object' && Object.hasOwn(own, rest[0] ?? ''));
    const key = isOfBoth ? rest : [way, ...rest];
    if (!this.#found.has(message))
      this.#found.set(message, { found: diagnostic(code, message, { fix }), key });
  };

  all(): Problem[] {
    return [...this.#found.values()];
  }
}

function treeOf(settings: readonly string[]): Tree {
  if (settings.length === 0) throw new LabnetError([nothingSet()], 2);
  const tree: Tree = {};
  for (const setting of settings) {
    const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    const keys = path.split('.');
    if (path === '' || keys.some((key) => key === '' || key === '__proto__'))
      throw new LabnetError([noSetting(setting)], 2);
    let node = tree;
    for (const key of keys.slice(0, -1)) {
      const next = Object.hasOwn(node, key) ? node[key] : undefined;
      node = node[key] = typeof next === 'object' ? next : {};
    }
    node[keys.at(-1) ?? ''] = scalar(value);
  }
  return tree;
}

const scalar = (value: string): string | number => (/^\d{1,10}$/.test(value) ? Number(value) : value);

const nothingSet = (): Diagnostic =>
  diagnostic('wrong-value', 'no setting was given', {
    fix: `KEY=VALUE, with the keys ${LINK_KEYS.join(', ')}`,
  });

const noSetting = (setting: string): Diagnostic =>
  diagnostic('wrong-value', `'${setting.slice(0, 60)}' is not KEY=VALUE`, {
    fix: 'such as loss=1%, delay.rtt=80ms or up.rate=5mbit',
  });

/** A preset replaces all settings; without one, each direction keeps the settings that are not given. */
function merged(link: Link, tree: Tree): unknown {
  const { up: ownUp, down: ownDown, preset, mtu, ...both } = tree;
  const ways = { up: ownUp, down: ownDown };
  const size =
    mtu === undefined ? (link.mtu === undefined ? {} : { mtu: link.mtu }) : mtu === NONE ? {} : { mtu };
  if (preset !== undefined) return { preset, ...oneWay(both), ...definedWays(ways), ...size };
  const directions = DIRECTIONS.map((way) => {
    const own = ways[way];
    const set = { ...both, ...(typeof own === 'object' ? own : {}) };
    return [way, directionOf(link[way] ?? {}, oneWay(set))] as const;
  });
  return { ...Object.fromEntries(directions), ...size };
}

function definedWays(ways: Record<'up' | 'down', Tree[string] | undefined>): Tree {
  const found = DIRECTIONS.flatMap((way) => {
    const own = ways[way];
    return own === undefined ? [] : [[way, typeof own === 'object' ? oneWay(own) : own] as const];
  });
  return Object.fromEntries(found);
}

/** A bare `delay` is one way, as on a command line it is set for one direction, or for each. */
function oneWay(set: Tree): Tree {
  const { delay } = set;
  return typeof delay === 'string' && delay !== NONE ? { ...set, delay: { 'one-way': delay } } : set;
}

function directionOf(was: Link['up'] & object, set: Tree): Tree {
  const before: WrittenDirection = writtenOf(was);
  // A new rate has the default burst and queue for it, unless these are given too.
  const { queue } = before;
  const rest = Object.fromEntries(Object.entries(before).filter(([key]) => !OF_RATE.includes(key)));
  const kind = typeof queue === 'object' ? { queue: { kind: queue.kind } } : {};
  const base = 'rate' in set ? { ...rest, ...(set['rate'] !== NONE && kind) } : before;
  const all = { ...base, ...halved(set) } as Tree;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== NONE));
}

const OF_RATE = ['rate', 'burst', 'queue'];

function halved(set: Tree): Tree {
  const { delay } = set;
  const rtt = typeof delay === 'object' ? delay['rtt'] : undefined;
  const [, number, unit] = /^([\d.]+)\s*([a-z]+)$/i.exec(typeof rtt === 'string' ? rtt : '') ?? [];
  if (number === undefined || unit === undefined) return set;
  return { ...set, delay: { 'one-way': `${Number(number) / 2}${unit}` } };
}

/** Checks the keys one by one, so that each error names its key. */
function formProblems(tree: Tree, settings: readonly string[]): Diagnostic[] {
  const unknown = Object.keys(tree).filter((key) => !LINK_KEYS.includes(key));
  if (unknown.length > 0)
    return unknown.map((key) =>
      diagnostic('unknown-key', `unknown key '${key}'`, { fix: didYouMean(key, LINK_KEYS, 'keys') }),
    );
  const wrong = settings.flatMap((setting) => formProblem(setting) ?? []);
  return wrong.length > 0 ? wrong : settings.map((setting) => saysNothing(setting));
}

function formProblem(setting: string): Diagnostic | undefined {
  const data = merged({}, treeOf([setting]));
  const { error } = linkSchema.safeParse(data);
  if (!error) return undefined;
  const [issue] = formIssues(error, data, { schema: linkSchema, whole: 'the link' });
  return saysNothing(setting, issue?.fix);
}

const saysNothing = (setting: string, fix = 'such as loss=1%, delay.rtt=80ms or up.rate=5mbit'): Diagnostic =>
  diagnostic('wrong-value', `'${setting.slice(0, 60)}' is no setting of a link`, { fix });
