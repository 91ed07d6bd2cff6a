/** Whether a line of a rendered script holds anything but names, addresses and numbers, where it is not the template's own. */
import type { RenderedFile } from '../../src/render/scripts.js';
import type { Ability } from '../../src/render/link-trials.js';
import { TRIALS, trialScript } from '../../src/render/link-trials.js';
import { readGuestTools, readTemplates } from '../../src/transport/assets.js';

/** Lines that people have written, with nothing filled in. */
const OWN = new Set(
  [...Object.values(readTemplates()), readGuestTools(), trialScript(Object.keys(TRIALS) as Ability[])]
    .flatMap((text) => text.split('\n'))
    .filter((line) => !line.includes('<%')),
);

const NAME = '[A-Za-z][A-Za-z0-9-]*';
/** Lines of the templates that quote, with a name in the quotes. */
const QUOTED = new RegExp(
  [
    `ip netns exec ${NAME} sh "\\$here/machines/${NAME}/apply\\.sh"`,
    `(ip6?tables-restore --noflush|nft -f -) <"\\$\\(dirname "\\$0"\\)/rules\\.[a-z0-9]+"`,
    String.raw`qdisc replace dev [\w~.-]+ (root|parent \d+:\d+) handle \d+: [a-z]\w* [a-z0-9 .%]+`,
    String.raw`(delete )?table netdev link_[0-9a-f]{12}( \{)?`,
    String.raw` {4}type filter hook (in|e)gress device "[\w~.-]+" priority 0; policy accept;`,
    String.raw` {4}numgen random mod 1000000 < \d+ drop`,
    String.raw`if \[ \$netem = (yes|no) \]; then (tc -batch -|nft -f -); else cat >/dev/null; fi <<'END'`,
    // Of links in a guest: in words, and in lines for its tc and nft.
    String.raw`@${NAME}@ (up|down) [A-Za-z0-9 .,%()±;:/-]+`,
    String.raw`@${NAME}@ (up|down) (-|netem|nftables) qdisc replace dev (@${NAME}@|labnet[0-9a-f]{8}) (root|parent \d+:\d+) handle \d+: [a-z]\w* [a-z0-9 .%]+`,
    String.raw`@${NAME}@ (up|down) (-|netem|nftables) rule (ip6? [ds]addr \{ [0-9a-f.:/, ]+ \} |numgen random mod 1000000 < \d+ )?(drop|fwd to "labnet(sink|[0-9a-f]{8})")`,
    `@${NAME}@ (up|down) (-|netem|nftables) shape [a-z0-9_ :;]+`,
    `has_mtus='(yes)?'`,
    ` {2}for tool in [a-z ]+; do`,
    ` {4}[a-z-]+\\) module="[^"$\`\\\\]*" fix="[^"$\`\\\\]*" ;;`,
    ` {2}chain (up|down) \\{`,
    ` {2}\\}`,
    `\\}`,
    `(tc -batch|nft -f) - <<'END'`,
    `lab='${NAME}'`,
    `version='[0-9a-f]+'`,
    `table='\\d+'`,
    `tools='([a-z0-9.-]+( [a-z0-9.-]+)*)?'`,
    `ports_files='[a-z.-]+( [a-z.-]+)*'`,
    `ours='\\$1 >= \\d+ && \\$1 <= \\d+'`,
    ` *[a-z-]+\\) exit \\d+ ;;`,
    ` {4}[a-z.-]+\\)`,
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

/** Of nftables, the comments of its rules included: nothing that would end a line or a text in quotes. */
const NFT = /^[A-Za-z0-9 ._:/,;{}@=!<>&|+*#()'[\]"-]*$/;

export function strangeLine({ path, text }: RenderedFile): string | undefined {
  const form = FORMS.find(([name]) => name.test(path))?.[1];
  if (!form || /provision-\d+\.sh$/.test(path)) return undefined;
  return path.endsWith('setup.sh') ? strangeInGuest(text) : text.split('\n').find(isStrange(form));
}

const isStrange = (form: RegExp) => (line: string) =>
  !OWN.has(line) && !form.test(line) && !QUOTED.test(line);

/** What a guest's script writes down is quoted as a whole, up to a line that none of its own may be. */
const END = 'LABNET-FILE';
/** A function that writes one file, or a case of one that writes several. */
const OWNER = /^(\w+)\(\) \{|^ *([a-z.-]+\.(?:nft|conf))\)$/;
const WRITTEN: Readonly<Record<string, RegExp>> = {
  rules: RULE,
  rules6: RULE,
  nat_table: NFT,
  'chains.nft': NFT,
  'nat.conf': NFT,
};

function strangeInGuest(text: string): string | undefined {
  const lines = text.split('\n');
  const starts = lines.filter((line) => line.endsWith(`<<'${END}'`)).length;
  if (starts !== lines.filter((line) => line === END).length) return END;
  let owner = '';
  let isInside = false;
  for (const line of lines) {
    if (!isInside) owner = OWNER.exec(line)?.slice(1).find(Boolean) ?? owner;
    if (isStrange((isInside ? WRITTEN[owner] : undefined) ?? PLAIN)(line)) return line;
    isInside = isInside ? line !== END : line.endsWith(`<<'${END}'`);
  }
  return undefined;
}
