/** Names for shell completion, read quickly from the records: labs that have just ended may be among them. */
import { readdirSync, statSync } from 'node:fs';
import type { Machine } from '../model/lab.js';
import { openRecords } from './labs.js';
import { topologyFiles } from './folder.js';

type Name = { readonly name: string; readonly about: string };

export type Names = Readonly<Record<'lab' | 'machine' | 'router' | 'file', readonly Name[]>>;

export function namesForCompletion(): Names {
  const records = openRecords();
  const found = records.names().flatMap((name) => orNone(() => records.read(name) ?? []));
  const machines = found.flatMap((record) =>
    orNone(() => records.readLab(record).machines).map((machine) => ({ machine, lab: record.name })),
  );
  return {
    lab: found.map(({ name, file }) => ({ name, about: file })),
    machine: machines.map(named),
    router: machines.filter(({ machine }) => machine.kind === 'router').map(named),
    file: filesNear(),
  };
}

/** What cannot be read is not offered, and keeps nothing else from being. */
function orNone<T>(read: () => T | readonly T[]): readonly T[] {
  try {
    return [read()].flat() as readonly T[];
  } catch {
    return [];
  }
}

/** Topologies here and one folder down, behind symbolic links too. */
function filesNear(): Name[] {
  const folders = orNone(() => readdirSync('.'))
    .filter((name) => !name.startsWith('.') && isFolder(name))
    .slice(0, 50);
  const inFolders = folders.flatMap((name) =>
    orNone(() => topologyFiles(name)).map((file) => `${name}/${file}`),
  );
  return [...orNone(() => topologyFiles()), ...inFolders].map((name) => ({ name, about: 'topology' }));
}

/** Not a link to nowhere, nor what may not be looked at. */
const isFolder = (path: string): boolean =>
  orNone(() => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false).includes(true);

const named = ({ machine, lab }: { readonly machine: Machine; readonly lab: string }): Name => {
  const addresses = machine.interfaces.flatMap((one) => one.addresses).join(' ');
  return { name: machine.name, about: `${machine.kind} of ${lab} ${addresses}` };
};
