/** The names of a machine, written when the first program runs there. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Lab } from '../../model/lab.js';
import { viewOf } from '../../model/view.js';
import { hostsFile } from '../../plan/hosts.js';
import { fromOutside, LAB_DIR, machineDir } from './paths.js';

/** Not by `up`: a thousand of them for a thousand machines would be most of its work. */
export function writeHosts(lab: Lab, holder: string, name: string): void {
  const path = fromOutside(holder, `${machineDir(name)}/hosts`);
  const view = viewOf(lab);
  const machine = view.machines.get(name);
  if (!machine || existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, hostsFile(view, machine));
  renameSync(temporary, path);
}

/** Of a lab that was changed: in place, as programs that run have the file itself. */
export function refreshHosts(lab: Lab, holder: string): void {
  const view = viewOf(lab);
  for (const name of readdirSync(fromOutside(holder, `${LAB_DIR}/machines`))) {
    const path = fromOutside(holder, `${machineDir(name)}/hosts`);
    const machine = view.machines.get(name);
    if (machine && existsSync(path)) writeFileSync(path, hostsFile(view, machine));
  }
}
