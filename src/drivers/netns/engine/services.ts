/** Starts the programs that run in machines for as long as the lab does: they are the lab's processes, and end with it. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { failure } from '../../../core/errors.js';
import type { ServiceStep } from '../../../plan/step.js';
import { readPortControl } from '../../../transport/assets.js';
import { CHANGE_MARK, LAB_DIR, machineDir, pinOf, VIEW_FD } from '../paths.js';
import { changerEnv, release, track } from './children.js';
import { endProcesses, processesIn } from './processes.js';

/**
 * The machine's own view of the file system, but for this computer's system log. The program is the holder's child, which
 * collects it: one that nobody does would keep the lab from ending.
 */
const SCRIPT = `mount --bind ${LAB_DIR}/machines/"$1"/run /run
mount -t proc proc /proc 2>/dev/null || :
[ ! -e /dev/log ] || mount --bind /dev/null /dev/log
hostname "$1" 2>/dev/null || :
unset ${CHANGE_MARK}
perl "/run/$2/$2.pl" "/run/$2" &`;

const TIMEOUT = 20_000;

const SERVICES: readonly string[] = ['port-control'] satisfies ServiceStep['service'][];
const folderOf = (machine: string, service: string): string => `${machineDir(machine)}/run/${service}`;

/** What is to be started in a machine, and what is to be ended: no longer wanted, or not as it is to be. */
export type ServiceFaults = {
  readonly start: readonly ServiceStep[];
  readonly end: readonly string[];
};

export function serviceFaults(machine: string, wanted: readonly ServiceStep[]): ServiceFaults {
  const start = wanted.filter((step) => !isServing(step));
  const end = SERVICES.filter(
    (service) =>
      existsSync(folderOf(machine, service)) &&
      (start.some((step) => step.service === service) || !wanted.some((step) => step.service === service)),
  );
  return { start, end };
}

export async function endService(machine: string, service: string): Promise<void> {
  const isIts = (argv: readonly string[]): boolean =>
    argv.some((word) => word.startsWith(`/run/${service}/`));
  await endProcesses(processesIn(pinOf(machine), isIts));
  rmSync(folderOf(machine, service), { recursive: true, force: true });
}

function isServing({ machine, service, files }: ServiceStep): boolean {
  const folder = folderOf(machine, service);
  const isSame = Object.entries(files).every(
    ([name, text]) => existsSync(`${folder}/${name}`) && readFileSync(`${folder}/${name}`, 'utf8') === text,
  );
  const isIts = (argv: readonly string[]): boolean => argv.includes(`/run/${service}/${service}.pl`);
  return isSame && processesIn(pinOf(machine), isIts).length > 0;
}

/** Resolves when all of them answer. */
export async function startServices(steps: readonly ServiceStep[], holder: number): Promise<void> {
  await Promise.all(steps.map((step) => startOne(step, holder)));
}

async function startOne({ machine, service, about, files }: ServiceStep, holder: number): Promise<void> {
  const folder = folderOf(machine, service);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...files, [`${service}.pl`]: readPortControl() }))
    writeFileSync(`${folder}/${name}`, text);
  const inside = [`--mount=/proc/${holder}/fd/${VIEW_FD}`, `--net=${pinOf(machine)}`];
  const script = ['unshare', '--mount', '--uts', '--', '/bin/sh', '-c', SCRIPT, 'labnet-service'];
  const child = track(
    spawn('nsenter', [...inside, '--', ...script, machine, service], {
      detached: true,
      cwd: '/',
      env: changerEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const said = await firstWords(child);
  if (said.trim() !== 'ready')
    throw failure('step-failed', `${machine}: ${about} does not start: ${said.trim() || 'it said nothing'}`);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  release(child);
}

/** What it says until it is ready, or until it ends. */
function firstWords(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(said || `no answer for ${TIMEOUT / 1000} s`), TIMEOUT);
    const settle = (): void => {
      clearTimeout(timer);
      resolve(said);
    };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if (said.includes('ready\n')) settle();
      });
    child.on('error', reject).on('close', settle);
  });
}
