/** What was loaded into a machine, kept beside it, and how often its rules had been changed by then. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RuleFile, RuleTexts } from '../../../render/rules.js';
import { RULE_FILES } from '../../../render/rules.js';
import { rulesGeneration } from '../../../sys/netlink/nftables.js';
import { readVersion } from '../../../transport/assets.js';
import { machineDir } from '../paths.js';

const generationOf = (machine: string): string => `${machineDir(machine)}/rules.generation`;
const fileOf = (machine: string, file: RuleFile): string => `${machineDir(machine)}/rules.${file}`;

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

export const storedRules = (machine: string): RuleTexts => ({
  v4: readIfThere(fileOf(machine, 'v4')),
  v6: readIfThere(fileOf(machine, 'v6')),
  nft: readIfThere(fileOf(machine, 'nft')),
});

/** Before they are loaded: what is there now is known by these no more. */
export function storeRules(machine: string, texts: RuleTexts): void {
  rmSync(generationOf(machine), { force: true });
  for (const file of RULE_FILES) if (texts[file] === '') rmSync(fileOf(machine, file), { force: true });
  storeFirstRules(machine, texts);
}

/** Of a machine that had none. */
export function storeFirstRules(machine: string, texts: RuleTexts): void {
  mkdirSync(machineDir(machine), { recursive: true });
  for (const file of RULE_FILES) if (texts[file] !== '') writeFileSync(fileOf(machine, file), texts[file]);
}

/** Of the thread's own namespace, behind their loading: as long as nobody changes the rules, nobody need list them. */
export function storeGeneration(machine: string): void {
  const stamp = stampNow();
  if (stamp !== undefined) writeFileSync(generationOf(machine), stamp);
}

/** Whether nobody has changed them since, of the thread's own namespace; false where that cannot be told. */
export function isUntouched(machine: string): boolean {
  const stored = readIfThere(generationOf(machine));
  return stored !== '' && stored === stampNow();
}

/** Whether a machine that is what it was made has the rules that it was made with, or was made with none. */
export const areRulesKnown = (machine: string): boolean =>
  isUntouched(machine) || RULE_FILES.every((file) => !existsSync(fileOf(machine, file)));

/** Another version of labnet may write other rules for the same router. */
function stampNow(): string | undefined {
  const generation = rulesGeneration();
  return generation === undefined ? undefined : `${generation} ${version()}`;
}

let known: string | undefined;
const version = (): string => (known ??= readVersion());
