/** Whether the rules of a machine are those it is to have, and what makes them so. */
import { failure } from '../../../core/errors.js';
import { uncommented } from '../../../plan/diff.js';
import type { RuleFile, RuleTexts } from '../../../render/rules.js';
import { LOADERS, RULE_FILES } from '../../../render/rules.js';
import { comparable, iptablesChange, tablesOf } from '../../../render/rules-change.js';
import { refusal } from './rules.js';
import { isUntouched, storedRules, storeGeneration, storeRules } from './rules-store.js';
import { runTool } from './tool.js';

export const NO_RULES: RuleTexts = { v4: '', v6: '', nft: '' };

export type RulesFault = {
  readonly live: RuleTexts;
  /** Which of them are not as they are to be. */
  readonly files: readonly RuleFile[];
};

/**
 * @param enterMachine puts this thread into the machine's namespace
 * @param enterScratch puts it into one in which nothing was ever loaded
 */
export async function rulesFault(
  machine: string,
  wanted: RuleTexts,
  { enterMachine, enterScratch }: { readonly enterMachine: () => void; readonly enterScratch: () => void },
): Promise<RulesFault | undefined> {
  enterMachine();
  const stored = storedRules(machine);
  const isKnown = JSON.stringify(uncommented(stored)) === JSON.stringify(uncommented(wanted));
  const isEmpty = RULE_FILES.every((file) => wanted[file] === '');
  if (isKnown && (isEmpty || isUntouched(machine))) return undefined;
  const live = await list();
  enterScratch();
  for (const file of RULE_FILES) await load(machine, file, wanted[file]);
  const expected = await list();
  const files = RULE_FILES.filter((file) => textOf(live, file) !== textOf(expected, file));
  if (files.length > 0) return { live, files };
  // Somebody changed them, and back.
  enterMachine();
  storeRules(machine, wanted);
  storeGeneration(machine);
  return undefined;
}

const textOf = (texts: RuleTexts, file: RuleFile): string =>
  file === 'nft' ? texts.nft.replace(/ comment "[^"]*"/g, '') : comparable(texts[file]);

/** In the machine, where this thread is: each program's tables in one step. */
export async function mendRules(
  machine: string,
  wanted: RuleTexts,
  { live, files }: RulesFault,
): Promise<void> {
  storeRules(machine, wanted);
  for (const file of files) {
    const before = live[file];
    const after = wanted[file];
    const gone = tablesOf(before).filter((name) => !tablesOf(after).includes(name));
    const text =
      file === 'nft'
        ? `${after}${gone.map((name) => `delete table ${name}\n`).join('')}`
        : iptablesChange(before, after);
    await load(machine, file, text);
  }
  storeGeneration(machine);
}

const BETWEEN = '#-- next';
const END = '#-- end';
/** Not what one has said that was killed halfway: a status above 128. */
const LIST = `whole() { [ $? -le 128 ] || exit; }
iptables-save 2>/dev/null; whole; echo '${BETWEEN}'; ip6tables-save 2>/dev/null; whole; echo '${BETWEEN}'
for family in ip ip6; do
  if nft -s -t list table $family labnet 2>/dev/null; then echo "delete table $family labnet"; else whole; fi
done; echo '${END}'`;

/** What is loaded where this thread is; of nft's tables also the names, as storedRules has them. */
async function list(): Promise<RuleTexts> {
  const { said: all } = await runTool(['/bin/sh', '-c', LIST], '');
  const said = all.replace(new RegExp(`${END}\n$`), '');
  if (said === all)
    throw failure('step-failed', 'the rules of a machine could not be listed', "try again: 'labnet up'");
  const [v4 = '', v6 = '', nft = ''] = said.split(`${BETWEEN}\n`);
  return { v4, v6, nft };
}

async function load(machine: string, file: RuleFile, text: string): Promise<void> {
  if (text === '') return;
  const { exitCode, complained } = await runTool(LOADERS[file], text);
  if (exitCode !== 0) throw refusal(machine, file, text, complained);
}
