/** What was loaded for a machine's links, kept beside it, with how the kernel listed it then. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rulesGeneration } from '../../../../sys/netlink/nftables.js';
import { LAB_DIR, machineDir } from '../../paths.js';
import type { Part, Rules } from '../../../../render/link-parts.js';

export type StoredPart = Part & { readonly seen: string };
export type Stored = { readonly parts: readonly StoredPart[]; readonly rules: readonly Rules[] };

const NOTHING: Stored = { parts: [], rules: [] };
const fileOf = (machine: string): string => `${machineDir(machine)}/links.json`;
const GENERATION = `${LAB_DIR}/links.generation`;

export function storedLinks(machine: string): Stored {
  const path = fileOf(machine);
  if (!existsSync(path)) return NOTHING;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Stored;
  } catch {
    // It was killed while it wrote: what is there is not known, and is loaded anew.
    return NOTHING;
  }
}

export function storeLinks(machine: string, stored: Stored): void {
  if (stored.parts.length + stored.rules.length === 0) {
    rmSync(fileOf(machine), { force: true });
    return;
  }
  mkdirSync(machineDir(machine), { recursive: true });
  writeFileSync(fileOf(machine), JSON.stringify(stored));
}

/** Of the namespace between the machines, which this thread is in. */
export function storeDropsGeneration(): void {
  writeFileSync(GENERATION, `${rulesGeneration() ?? ''}`);
}

/** Whether nobody has changed rules between the machines since; false where that cannot be told. */
export function areDropsKnown(): boolean {
  const stored = existsSync(GENERATION) ? readFileSync(GENERATION, 'utf8') : '';
  return stored !== '' && stored === `${rulesGeneration() ?? ''}`;
}
