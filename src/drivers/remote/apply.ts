/** Sets a lab's machines up, all at once: what is as it should be is left alone, what fails keeps no other from it. */
import type { Emit, Phase } from '../../core/events.js';
import type { GuestScript } from '../../render/guest.js';
import { GUEST_EXITS } from '../../render/guest.js';
import { readGuestTools } from '../../transport/assets.js';
import type { SshConnection } from '../../transport/ssh/connection.js';
import { together } from '../../transport/ssh/trouble.js';
import type { Fleet } from './fleet.js';
import { guestTrouble, notesOf } from './guest-trouble.js';
import type { Provision } from './provision.js';
import { PROVISIONED, runProvisions } from './provision.js';

/** An emulated processor takes a minute for what takes a second elsewhere. */
const APPLY_TIMEOUT = 300_000;
const CHECK_TIMEOUT = 120_000;

export type ApplyOptions = {
  readonly scripts: ReadonlyMap<string, GuestScript>;
  readonly fleet: Fleet;
  readonly emit: Emit;
  readonly provisions: readonly Provision[];
  /** What goes before a machine's script: commands of sh. */
  readonly prelude?: (machine: string) => string;
};

/** @throws LabnetError with what stands in the way, machine by machine; the others are set up */
export async function applyLab({
  scripts,
  fleet,
  emit,
  provisions,
  prelude = () => '',
}: ApplyOptions): Promise<void> {
  const tools = readGuestTools();
  const provision = async (machine: string): Promise<SshConnection> => {
    const connection = await fleet.to(machine);
    const own = provisions.filter((one) => one.machine === machine);
    await runProvisions(connection, own, emit);
    return connection;
  };
  const provisioned = await requireReady(scripts, provision);
  const to = (machine: string) => provisioned.get(machine) ?? provision(machine);
  await onEach(scripts, 'apply', to, emit, (connection, script) =>
    applyOne(connection, script, `${prelude(connection.machine)}\n(\n${tools}\n)`, emit),
  );
}

/** What these say is for somebody else to mend: nothing of the lab is changed before. */
const BEFORE_ALL = ['tool-missing', 'other-daemon'] as const;

/** @returns the machines that were asked; what else is wrong with them is theirs alone, and told when they are set up */
async function requireReady(
  scripts: ApplyOptions['scripts'],
  provision: (machine: string) => Promise<SshConnection>,
): Promise<ReadonlyMap<string, Promise<SshConnection>>> {
  const asked = [...scripts].filter(([, { hasPortControl }]) => hasPortControl);
  const connections = new Map(asked.map(([machine]) => [machine, provision(machine)]));
  const settled = await Promise.allSettled(
    asked.map(async ([machine, { text, version }]) => {
      const connection = await connections.get(machine);
      if (!connection || (await isApplied(connection, version))) return [];
      const output = await connection.run(['sh', '-s', 'ready'], { stdin: text, timeout: CHECK_TIMEOUT });
      const isRefused = BEFORE_ALL.some((code) => GUEST_EXITS[code].exit === output.exitCode);
      return isRefused ? [guestTrouble(connection.target, output)] : [];
    }),
  );
  const refused = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (refused.length > 0) throw together(refused);
  return connections;
}

/** All machines at once; what fails in one keeps no other from it, and is told in the end. */
async function onEach<Script>(
  scripts: ReadonlyMap<string, Script>,
  phase: Phase,
  to: (machine: string) => Promise<SshConnection>,
  emit: Emit,
  work: (connection: SshConnection, script: Script) => Promise<void>,
): Promise<void> {
  let done = 0;
  const settled = await Promise.allSettled(
    [...scripts].map(async ([machine, script]) => {
      await work(await to(machine), script);
      emit({ kind: 'progress', phase, done: ++done, total: scripts.size });
    }),
  );
  const failed = settled.filter((one) => one.status === 'rejected');
  if (failed.length > 0) throw together(failed.map(({ reason }): unknown => reason));
}

async function applyOne(
  connection: SshConnection,
  { text, version }: GuestScript,
  before: string,
  emit: Emit,
): Promise<void> {
  const { machine } = connection;
  if (await isApplied(connection, version)) return;
  emit({ kind: 'machine', machine, text: 'setting up the network' });
  // Both in one go; the tools first, in a shell of their own.
  const batch = `${before} || exit ${GUEST_EXITS['tool-missing'].exit}\n${text}`;
  const output = await connection.run(['sh', '-s', 'apply'], { stdin: batch, timeout: APPLY_TIMEOUT });
  if (output.exitCode !== 0) throw guestTrouble(connection.target, output);
  for (const warning of notesOf(machine, output)) emit({ kind: 'warning', warning });
}

/** As `setup.sh check` does, by what it has installed. */
const CHECK =
  '[ "$(cat /var/lib/labnet/hash 2>/dev/null)" = "$1" ] && sh /usr/local/lib/labnet/network check >/dev/null 2>&1';

/** By what was installed with it: nothing is sent that is there already. */
async function isApplied(connection: SshConnection, version: string): Promise<boolean> {
  const { exitCode } = await connection.run(['sh', '-c', CHECK, 'sh', version], { timeout: CHECK_TIMEOUT });
  return exitCode === 0;
}

/** Puts back what was there before the lab, in every machine that can be reached, by the scripts that set it up. */
export async function removeLab(
  scripts: ReadonlyMap<string, string>,
  fleet: Fleet,
  emit: Emit,
): Promise<void> {
  const to = (machine: string) => fleet.to(machine);
  await onEach(scripts, 'stop', to, emit, async (connection, text) => {
    const stdin = `rm -f ${PROVISIONED}\n${text}`;
    const output = await connection.run(['sh', '-s', 'remove'], { stdin, timeout: APPLY_TIMEOUT });
    if (output.exitCode !== 0) throw guestTrouble(connection.target, output);
  });
}
