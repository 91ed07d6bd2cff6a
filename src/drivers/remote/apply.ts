/** Sets a lab's machines up, all at once: what is as it should be is left alone, what fails keeps no other from it. */
import type { Emit, Phase } from '../../core/events.js';
import type { LabnetError } from '../../core/errors.js';
import { together } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import type { Change } from '../../plan/diff.js';
import type { GuestScript } from '../../render/guest.js';
import { GUEST_EXITS } from '../../render/guest.js';
import { readGuestTools } from '../../transport/assets.js';
import type { SshConnection } from '../../transport/ssh/connection.js';
import type { Fleet } from './fleet.js';
import { guestChanges } from './guest-changes.js';
import { guestTrouble, notesOf } from './guest-trouble.js';
import { overlapsManagement, look } from './look.js';
import type { Provision } from './provision.js';
import { PROVISIONED, runProvisions } from './provision.js';

/** An emulated processor takes a minute for what takes a second elsewhere. */
const APPLY_TIMEOUT = 600_000;
const CHECK_TIMEOUT = 300_000;

export type Scripts = ReadonlyMap<string, GuestScript>;

export type ApplyOptions = {
  readonly lab: Lab;
  readonly scripts: Scripts;
  readonly fleet: Fleet;
  readonly emit: Emit;
  readonly provisions: readonly Provision[];
  /** What goes before a machine's script: commands of sh. */
  readonly prelude?: (machine: string) => string;
  /** Whether what is changed is asked for; it is where this is left out. */
  readonly isTold?: boolean;
  /** Nothing is to be changed, nor installed. */
  readonly isPlan?: boolean;
};

/** Machines that were reached and looked at; what is wrong with others is told in the end. */
export type Looked = {
  readonly there: readonly Ready[];
  readonly failed: readonly unknown[];
};

type Ready = {
  readonly connection: SshConnection;
  readonly script: GuestScript;
  /** Whether there is nothing to be done in it. */
  readonly isApplied: boolean;
};

/** @throws LabnetError with what stands in the way, machine by machine; the others are set up */
export async function applyLab(options: ApplyOptions): Promise<void> {
  const looked = await lookAhead(options);
  await applyThere(looked.there, { ...options, isTold: false }, looked.failed);
}

/** What these say is for somebody else to mend: nothing of the lab is changed before. */
const BEFORE_ALL = ['tool-missing', 'other-daemon', 'link-unsupported'] as const;

/**
 * Reaches every machine, and asks each what would stand in the way of all.
 * @throws LabnetError management-overlap, guest-tool-missing, guest-in-use, link-unsupported
 */
export async function lookAhead(options: ApplyOptions): Promise<Looked> {
  const { lab, scripts } = options;
  const refused: LabnetError[] = [];
  const settled = await Promise.allSettled(
    [...scripts].map(async ([machine, script]): Promise<Ready> => {
      const connection = await options.fleet.to(machine);
      const seen = await look(connection, script.version);
      if (!seen.isApplied) {
        refused.push(...overlapsManagement(lab, machine, seen.text));
        if (script.asksFirst) refused.push(...(await unready(connection, script, options)));
      }
      return { connection, script, isApplied: seen.isApplied };
    }),
  );
  if (refused.length > 0) throw together(refused);
  return {
    there: settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])),
    failed: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])),
  };
}

async function unready(
  connection: SshConnection,
  { text }: GuestScript,
  options: ApplyOptions,
): Promise<LabnetError[]> {
  // They may be what installs that.
  if (!options.isPlan) await provision(connection, options);
  const stdin = options.isPlan ? text : withTools(text);
  const output = await connection.run(['sh', '-s', 'ready'], { stdin, timeout: APPLY_TIMEOUT });
  const isRefused = BEFORE_ALL.some((code) => GUEST_EXITS[code].exit === output.exitCode);
  return isRefused ? [guestTrouble(connection.target, output)] : [];
}

/** Installs what a machine lacks, in a shell of its own, before a script runs there. */
const withTools = (text: string, prelude = ''): string =>
  `${prelude}\n(\n${readGuestTools()}\n) || exit ${GUEST_EXITS['tool-missing'].exit}\n${text}`;

const provision = (connection: SshConnection, { provisions, emit }: ApplyOptions): Promise<void> =>
  runProvisions(
    connection,
    provisions.filter(({ machine }) => machine === connection.machine),
    emit,
  );

/**
 * @param failed what went wrong with other machines
 * @returns what was changed in them
 */
export async function applyThere(
  there: Looked['there'],
  options: ApplyOptions,
  failed: readonly unknown[] = [],
): Promise<Change[]> {
  const { emit, prelude = () => '', scripts, isTold = true } = options;
  const changes = new Map<string, readonly Change[]>();
  const work = async ({ connection, script, isApplied }: Ready): Promise<void> => {
    await provision(connection, options);
    if (isApplied) return;
    const stdin = withTools(script.text, prelude(connection.machine));
    changes.set(connection.machine, await applyOne(connection, stdin, { isTold, emit }));
  };
  await onEach(there, 'apply', emit, work, { failed, total: scripts.size });
  return [...scripts.keys()].flatMap((machine) => changes.get(machine) ?? []);
}

type Others = { readonly failed?: readonly unknown[]; readonly total: number };

/** All machines at once; what fails in one keeps no other from it, and is told in the end. */
async function onEach<Item>(
  items: readonly Item[],
  phase: Phase,
  emit: Emit,
  work: (item: Item) => Promise<void>,
  { failed = [], total }: Others,
): Promise<void> {
  let done = 0;
  const settled = await Promise.allSettled(
    items.map(async (item) => {
      await work(item);
      emit({ kind: 'progress', phase, done: ++done, total });
    }),
  );
  const all = [
    ...failed,
    ...settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])),
  ];
  if (all.length > 0) throw together(all);
}

async function applyOne(
  connection: SshConnection,
  stdin: string,
  { isTold, emit }: { readonly isTold: boolean; readonly emit: Emit },
): Promise<Change[]> {
  const { machine } = connection;
  emit({ kind: 'machine', machine, text: 'setting up the network' });
  const output = await connection.run(['sh', '-s', 'apply', ...(isTold ? ['told'] : [])], {
    stdin,
    timeout: APPLY_TIMEOUT,
  });
  if (output.exitCode !== 0) throw guestTrouble(connection.target, output);
  for (const warning of notesOf(machine, output)) emit({ kind: 'warning', warning });
  return guestChanges(machine, output.stdout);
}

/** What `applyThere` would change, in the words of the same scripts. */
export async function planThere(there: Looked['there']): Promise<Change[]> {
  const settled = await Promise.allSettled(
    there.map(async ({ connection, script, isApplied }) => {
      if (isApplied) return [];
      const output = await connection.run(['sh', '-s', 'plan'], {
        stdin: script.text,
        timeout: CHECK_TIMEOUT,
      });
      if (output.exitCode !== 0) throw guestTrouble(connection.target, output);
      return guestChanges(connection.machine, output.stdout);
    }),
  );
  const failed = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failed.length > 0) throw together(failed);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/** Puts back what was there before the lab, in every machine that can be reached, by the scripts that set it up. */
export async function removeLab(
  scripts: ReadonlyMap<string, string>,
  fleet: Fleet,
  emit: Emit,
): Promise<void> {
  const work = async ([machine, text]: readonly [string, string]): Promise<void> => {
    const connection = await fleet.to(machine);
    const stdin = `rm -f ${PROVISIONED}\n${text}`;
    const output = await connection.run(['sh', '-s', 'remove'], { stdin, timeout: APPLY_TIMEOUT });
    if (output.exitCode !== 0) throw guestTrouble(connection.target, output);
  };
  await onEach([...scripts], 'stop', emit, work, { total: scripts.size });
}
