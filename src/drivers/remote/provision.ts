/** A topology's own scripts, run once in their machine, while it still has its own way to packages. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Emit } from '../../core/events.js';
import { badInput, failure, messageOf } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import { provisionFiles } from '../../render/vagrant.js';
import type { SshConnection } from '../../transport/ssh/connection.js';
import { sudoTrouble } from './sudo-trouble.js';

export type Provision = {
  readonly machine: string;
  /** In a folder for Vagrant. */
  readonly path: string;
  /** As the topology names it. */
  readonly source: string;
  readonly text: string;
};

/** In a machine: the hashes of the scripts that have run there. */
export const PROVISIONED = '/var/lib/labnet/provisioned';

const TIMEOUT = 1_800_000;
const SHOWN = 400;
/** Exits with this where it has run here before. */
const KNOWN = 99;

/** @throws LabnetError provision-failed where a script cannot be read, before anything is made */
export const readProvisions = (lab: Lab, baseDir: string): Provision[] =>
  provisionFiles(lab).map(({ machine, path, source }) => {
    try {
      return { machine, path, source, text: readScript(resolve(baseDir, source)) };
    } catch (error) {
      throw badInput(
        'provision-failed',
        `${machine}: its script ${source} cannot be read: ${messageOf(error)}`,
        'write its path relative to the topology file',
      );
    }
  });

/** A device may have no end, and a pipe no beginning; nor has what only looks like a file, as in /proc, whose size is 0. */
function readScript(path: string): string {
  const found = statSync(path);
  if (!found.isFile()) throw new Error('it is no file');
  if (found.size > LARGEST) throw new Error(`it is larger than ${LARGEST >> 20} MB`);
  return found.size === 0 ? '' : readFileSync(path, 'utf8');
}
const LARGEST = 16 << 20;

/** Reads the script from stdin and its hash as an argument: nothing of it reaches the shell that runs this. */
const RUN = `ran=${PROVISIONED}
grep -qx "$1" "$ran" 2>/dev/null && exit ${KNOWN}
script=$(mktemp) || exit
trap 'rm -f "$script"' EXIT
cat >"$script" && chmod 700 "$script" && "$script" </dev/null && mkdir -p "\${ran%/*}" && echo "$1" >>"$ran"`;

export async function runProvisions(
  connection: SshConnection,
  provisions: readonly Provision[],
  emit: Emit,
): Promise<void> {
  const { machine } = connection;
  for (const { source, text } of provisions) {
    emit({ kind: 'machine', machine, text: `running ${source}` });
    const hash = createHash('sha256').update(`${source}\0${text}`).digest('hex');
    const script = text.startsWith('#!') ? text : `#!/bin/sh\n${text}`;
    const output = await connection.run(['sh', '-c', RUN, 'sh', hash], { stdin: script, timeout: TIMEOUT });
    if (output.exitCode === 0 || output.exitCode === KNOWN) continue;
    const refused = sudoTrouble(connection.target, output);
    if (refused) throw refused;
    const said = (output.stderr.trim() || output.stdout.trim()).slice(-SHOWN);
    throw failure(
      'provision-failed',
      `${machine}: ${source} ended with ${output.timedOut ? 'its time' : String(output.exitCode)}: ${said || 'it said nothing'}`,
      "correct the script; 'labnet up' runs it again",
    );
  }
}
