/** Changes the behaviour of a NAT, and clears its state, while the lab runs. */
import type { Command, Output } from '../../core/command.js';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { Problem } from '../../core/errors.js';
import { badInput, failure, LabnetError, SettingsError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { behaviourOf } from '../../model/mappings/behaviour.js';
import type { Lab, Machine, MasqueradeMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { hasPortControl, mappingFamily, ownAddress, viewOf } from '../../model/view.js';
import { conntrackSysctls } from '../../nat/conntrack.js';
import { hasTable } from '../../nat/rules/kind.js';
import { blockShortage } from '../../nat/tables.js';
import { forgetText, tableName } from '../../render/nftables/index.js';
import { PORT_CONTROL } from '../../render/port-control.js';
import { LOADERS, RULE_FILES, ruleTexts } from '../../render/rules.js';
import type { WrittenBehaviour } from '../../topology/schema.js';
import { behaviourSchema } from '../../topology/schema.js';
import { readForget } from '../../transport/assets.js';
import type { Session } from '../../transport/session.js';
import { requireNat } from './probe.js';

const TIMEOUT = 20_000;

/**
 * The lab with a changed behaviour of a router's `masquerade` mappings.
 * @param settings `KEY=VALUE` with the keys of `masquerade`; `timeouts.udp=30s` for nested keys
 * @throws LabnetError exit code 2: unknown-key, wrong-value, unknown-preset, machine-not-found, pool-exhausted
 */
export function withBehaviour(lab: Lab, router: string, settings: readonly string[]): Lab {
  requireNat(lab, router);
  const written = readSettings(settings);
  const view = viewOf(lab);
  const machines = lab.machines.map((machine) =>
    machine.name === router
      ? {
          ...machine,
          nat: machine.nat.map((one) =>
            one.kind === 'masquerade' ? changed(view, machine, one, written) : one,
          ),
        }
      : machine,
  );
  return { ...lab, machines };
}

function changed(
  view: View,
  router: Machine,
  before: MasqueradeMapping,
  written: WrittenBehaviour,
): MasqueradeMapping {
  const problems: Problem[] = [];
  const { subscribers: known, ...mapping } = before;
  const named = behaviourOf(
    {
      say: (code, message, key, fix) =>
        void problems.push({ found: diagnostic(code, message, { fix }), key: [key].flat() }),
    },
    written,
    mapping,
  );
  if (!named) throw new SettingsError(problems);
  if (named.behaviour.ports !== 'blocks') return { ...mapping, ...named };
  const found = mapping.inside
    .flatMap(({ segment }) => view.on(segment))
    .flatMap(({ machine, interface: one }) =>
      machine === router ? [] : (ownAddress(one, mappingFamily(mapping)) ?? []),
    );
  const subscribers = known ?? found;
  const shortage = blockShortage(named.behaviour, mapping.pool.length, subscribers.length);
  if (shortage !== undefined) throw badInput('pool-exhausted', shortage, 'a smaller block-size');
  return { ...mapping, ...named, subscribers };
}

/** Translates `KEY=VALUE` to the keys of the topology. */
function readSettings(settings: readonly string[]): WrittenBehaviour {
  const written: Record<string, unknown> = {};
  const timeouts: Record<string, string> = {};
  for (const setting of settings) {
    const [, key = setting, value = ''] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (key.startsWith('timeouts.')) timeouts[key.slice('timeouts.'.length)] = value;
    else written[key] = scalar(value);
  }
  if (Object.keys(timeouts).length > 0) written['timeouts'] = timeouts;
  const result = behaviourSchema.safeParse(written);
  if (result.success && settings.length > 0) return result.data;
  throw new LabnetError(settings.length === 0 ? [nothingSet()] : problemsOf(written, settings), 2);
}

const scalar = (value: string): unknown =>
  /^(true|false)$/.test(value) ? value === 'true' : /^\d{1,12}$/.test(value) ? Number(value) : value;

const KEYS = Object.keys(behaviourSchema.shape);

const nothingSet = (): Diagnostic =>
  diagnostic('wrong-value', 'no setting was given', {
    fix: `KEY=VALUE, with the keys ${KEYS.join(', ')}`,
  });

/** Checks the keys one by one, so that each error names its key. */
function problemsOf(written: Readonly<Record<string, unknown>>, settings: readonly string[]): Diagnostic[] {
  return Object.entries(written).flatMap(([key, value]): Diagnostic[] => {
    const isPair = settings.some((one) => one.startsWith(`${key}=`) || one.startsWith(`${key}.`));
    if (!isPair)
      return [
        diagnostic('wrong-value', `'${key.slice(0, 60)}' is not KEY=VALUE`, {
          fix: `such as preset=symmetric, ports=random or timeouts.udp=30s`,
        }),
      ];
    if (!KEYS.includes(key)) {
      const fix = didYouMean(key, KEYS, 'keys');
      return [diagnostic('unknown-key', `unknown key '${key}'`, { fix })];
    }
    const one = behaviourSchema.safeParse({ [key]: value });
    if (one.success) return [];
    const said = settings.find((setting) => setting.startsWith(key)) ?? key;
    const [issue] = one.error.issues;
    const words =
      issue?.code === 'invalid_value' ? issue.values.join(', ') : (issue?.message ?? 'another value');
    return [diagnostic('wrong-value', `'${said}' is not a value of '${key}'`, { fix: `expected ${words}` })];
  });
}

/**
 * Replaces a router's rules, each table in one step, so that the router is never without rules.
 * @throws LabnetError rules-refused; some of the new tables may be loaded then
 */
export async function replaceRules(
  session: Session,
  before: Machine,
  after: Machine,
  file: string,
): Promise<void> {
  const texts = ruleTexts(after, file, { jumps: false });
  const sysctls = Object.entries(conntrackSysctls(after)).map(([key, value]) => `${key}=${value}`);
  const told = hasPortControl(after) ? PORT_CONTROL.follow : '';
  const gone = ([4, 6] as const).filter((family) => hasTable(before, family) && !hasTable(after, family));
  const steps: Omit<Command, 'machine' | 'timeout'>[] = [
    { argv: ['sysctl', '-qw', ...sysctls] },
    ...RULE_FILES.flatMap((one) =>
      texts[one] === '' ? [] : { argv: LOADERS[one], stdin: `${texts[one]}${one === 'nft' ? told : ''}` },
    ),
    ...gone.map((family) => ({ argv: ['nft', 'delete', ...tableName(family)] as const })),
  ];
  for (const step of steps) {
    await runOne(session, { ...step, machine: after.name, timeout: TIMEOUT }, 'the router is as it was');
  }
}

/** Clears the state of a router's NAT: mappings, filters, connections, and ports that hosts have opened. */
export async function forget(session: Session, router: Machine, file: string): Promise<void> {
  const text = `${forgetText(router, file)}${hasPortControl(router) ? PORT_CONTROL.restart : ''}`;
  const base = { machine: router.name, timeout: TIMEOUT };
  const after = 'some of what it remembers may be forgotten';
  if (text !== '') await runOne(session, { ...base, argv: ['nft', '-f', '-'], stdin: text }, after);
  await runOne(session, { ...base, argv: ['perl', '-e', readForget()] }, after);
}

const AWAIT = `tries=0
until ${PORT_CONTROL.isReady}; do
  tries=$((tries + 1))
  [ $tries -le 150 ] || exit
  sleep 0.1
done`;

/**
 * Waits until the port control daemon of a router, if it has one, answers again after a change.
 * @throws LabnetError step-failed
 */
export async function awaitPortControl(session: Session, router: Machine): Promise<void> {
  if (!hasPortControl(router)) return;
  const argv = ['sh', '-c', AWAIT] as const;
  const [output] = await session.run([{ machine: router.name, argv, timeout: TIMEOUT }]);
  if (output?.exitCode === 0) return;
  throw failure(
    'step-failed',
    `${router.name}: port control does not answer, so ports that hosts opened are closed`,
    "'labnet down', then 'labnet up' starts it again",
  );
}

async function runOne(session: Session, command: Command, after: string): Promise<Output> {
  const [output] = await session.run([command]);
  if (output?.exitCode === 0) return output;
  const [tool] = command.argv;
  const said = output?.error ?? output?.stderr.trim().split('\n')[0] ?? 'no answer';
  throw failure('rules-refused', `${command.machine}: ${tool}: ${said}`, after);
}
