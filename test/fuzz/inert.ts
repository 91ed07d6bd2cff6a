/** Whether a line of a rendered script holds anything but names, addresses and numbers, where it is not the template's own. */
import type { RenderedFile } from '../../src/render/scripts.js';
import { readGuestTools, readTemplates } from '../../src/transport/assets.js';

/** Lines that people have written, with nothing filled in. */
const OWN = new Set(
  [...Object.values(readTemplates()), readGuestTools()]
    .flatMap((text) => text.split('\n'))
    .filter((line) => !line.includes('<%')),
);

const NAME = '[A-Za-z][A-Za-z0-9-]*';
/** Lines of the templates that quote, with a name in the quotes. */
const QUOTED = new RegExp(
  [
    `ip netns exec ${NAME} sh "\\$here/machines/${NAME}/apply\\.sh"`,
    `lab='${NAME}'`,
    `version='[0-9a-f]+'`,
    `ours='\\$1 >= \\d+ && \\$1 <= \\d+'`,
    ` *[a-z-]+\\) exit \\d+ ;;`,
  ]
    .map((one) => `^${one}$`)
    .join('|'),
);
/** Nothing of it is special to a shell, but for a comment, which ends with its line. */
const PLAIN = /^[A-Za-z0-9 ._:/=@+,~-]*(#[^\n\r]*)?$/;
/** Between the quotes of a comment iptables-restore knows no escape. */
const RULE = /^[:*#A-Za-z0-9 ._:/=@+,;()!-]*("[A-Za-z0-9 .,:;/()_+-]*")?[A-Za-z0-9 ._:/,-]*(\[0:0\])?$/;
/** The addresses of a file of hosts(5), with names behind them. */
const HOSTS = /^([0-9a-f.:]+( [A-Za-z][A-Za-z0-9.-]*)+)?$/;

const FORMS: readonly (readonly [RegExp, RegExp])[] = [
  [/\.sh$/, PLAIN],
  [/rules\.v4$/, RULE],
  [/hosts$/, HOSTS],
];

export function strangeLine({ path, text }: RenderedFile): string | undefined {
  const form = FORMS.find(([name]) => name.test(path))?.[1];
  if (!form || /provision-\d+\.sh$/.test(path)) return undefined;
  const lines = path.endsWith('setup.sh') ? withoutTables(text) : text;
  return lines.split('\n').find((line) => !OWN.has(line) && !form.test(line) && !QUOTED.test(line));
}

/** Rules in a guest's script have the form of rules; it is quoted as a whole, and ends with a line that none of them is. */
function withoutTables(text: string): string {
  const [before = '', rules = '', table = '', after = ''] = text.split(
    /^(?:rules|nat_table)\(\) \{\n {2}cat <<'LABNET-FILE'\n|^# At the top of/m,
  );
  for (const one of [rules, table])
    if (one.split('\n').filter((line) => line === 'LABNET-FILE').length !== 1) return '`';
  return before + rules.replace(/^[-:*].*|^COMMIT$/gm, (line) => (RULE.test(line) ? '' : line)) + after;
}
