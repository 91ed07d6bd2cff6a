/** Names for shell completion, read quickly from the records: labs that have just ended may be among them. */
import { readdirSync } from 'node:fs';
import type { Machine } from '../model/lab.js';
import { openRecords } from './labs.js';
import { topologyFiles } from './folder.js';

type Name = { readonly name: string; readonly about: string };

export type Names = Readonly<Record<'lab' | 'machine' | 'router' | 'file', readonly Name[]>>;

export function namesForCompletion(): Names {
  const records = openRecords();
  const found = records.names().flatMap((name) => {
    try {
      return records.read(name) ?? [];
    } catch {
      return [];
    }
  });
  const machines = found.flatMap((record) =>
    records.readLab(record).machines.map((machine) => ({ machine, lab: record.name })),
  );
  return {
    lab: found.map(({ name, file }) => ({ name, about: file })),
    machine: machines.map(named),
    router: machines.filter(({ machine }) => machine.kind === 'router').map(named),
    file: filesNear(),
  };
}

/** Topologies here and one folder down. */
function filesNear(): Name[] {
  const folders = readdirSync('.', { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.'),
  );
  const inFolders = folders
    .slice(0, 50)
    .flatMap(({ name }) => topologyFiles(name).map((file) => `${name}/${file}`));
  return [...topologyFiles(), ...inFolders].map((name) => ({ name, about: 'topology' }));
}

const named = ({ machine, lab }: { readonly machine: Machine; readonly lab: string }): Name => {
  const addresses = machine.interfaces.flatMap((one) => one.addresses).join(' ');
  return { name: machine.name, about: `${machine.kind} of ${lab} ${addresses}` };
};
