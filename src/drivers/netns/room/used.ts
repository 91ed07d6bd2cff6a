/** What this user has of namespaces and processes: the kernel limits them, and does not say how many there are. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { readText } from '../../../sys/limits.js';
import { AHEAD_NAME, fromOutside, HOLDER_MARK, PIN_DIR } from '../paths.js';

export type Used = {
  readonly user: number;
  readonly net: number;
  readonly mnt: number;
  readonly pid: number;
  readonly ipc: number;
  readonly threads: number;
};

const KINDS = ['user', 'net', 'mnt', 'pid', 'ipc'] as const;
type Kind = (typeof KINDS)[number];

/** At least so many: those that processes are in, and those that labs keep. Others may be kept by files. */
export function countUsed(uid = process.geteuid?.() ?? 0): Used {
  const seen = new Map<Kind, Set<string>>(KINDS.map((kind) => [kind, new Set<string>()]));
  const counts = { pins: 0, views: 0, threads: 0 };
  for (const entry of readdirSync('/proc')) {
    // What is made ahead is of the lab that room is asked for.
    if (!/^\d+$/.test(entry) || ownerOf(entry) !== uid || nameOf(entry) === AHEAD_NAME) continue;
    counts.threads += threadsOf(entry);
    for (const kind of KINDS) seen.get(kind)?.add(namespaceOf(entry, kind) ?? '');
    const pins = pinsOf(entry);
    counts.pins += pins ?? 0;
    counts.views += pins === undefined ? 0 : 1;
  }
  const foreign = (kind: Kind): number => {
    const all = new Set(seen.get(kind));
    // Those that this user's programs were started in are nobody's, or somebody else's.
    for (const one of ['', namespaceOf('self', kind) ?? '']) all.delete(one);
    return all.size;
  };
  return {
    user: foreign('user'),
    net: foreign('net') + counts.pins,
    mnt: foreign('mnt') + counts.views,
    pid: foreign('pid'),
    ipc: foreign('ipc'),
    threads: counts.threads,
  };
}

function ownerOf(pid: string): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

const nameOf = (pid: string): string | undefined => readText(`/proc/${pid}/comm`)?.trim();

function namespaceOf(pid: string, kind: Kind): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

function threadsOf(pid: string): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

/** Of a lab's holder: the machines it keeps. */
function pinsOf(pid: string): number | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (!`\0${environment}`.includes(`\0${HOLDER_MARK}=`)) return undefined;
    return readdirSync(fromOutside(`/proc/${pid}`, PIN_DIR)).length;
  } catch {
    return undefined;
  }
}
