import type { Command } from '@commander-js/extra-typings';
import { basename, dirname } from 'node:path';
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { endingOf } from '../core/text.js';
import type { GraphFormat } from '../index.js';
import { common } from './common.js';
import { run } from './context.js';

const FORMATS: readonly GraphFormat[] = ['svg', 'dot', 'mermaid'];

export function defineGraph(program: Command): void {
  common(program.command('graph'), 'labnet graph topologies/virtual-wan.yaml --out virtual-wan.svg')
    .description('draw a lab: segments, machines, addresses, gateways and NAT')
    .argument('[lab]', 'a topology file, or the name of a running lab; default: the only one')
    .option('--format <format>', `${FORMATS.join(', ')}; default: from the name of --out, or svg`)
    .option('--out <file>', 'write to this file instead of printing')
    .option('--all', 'show every machine and every NAT mapping')
    .action((wanted, { format: named, out, all, stateDir, ...options }) =>
      run(options, async (output) => {
        const format = formatOf(named, out);
        const { drawGraph } = await import('../index.js');
        const { writeFiles } = await import('./local.js');
        const { lab, text } = await drawGraph(wanted, { format, all, stateDir });
        if (out !== undefined) await writeFiles(dirname(out), [{ path: basename(out), text }]);
        output.json('graph', { lab: lab.name, format, ...(out === undefined ? { text } : { file: out }) });
        output.say(out === undefined ? text.trimEnd() : `${output.style.green('✓')} wrote ${out}`);
        return 0;
      }),
    );
}

const ENDINGS: Readonly<Record<string, GraphFormat>> = {
  svg: 'svg',
  dot: 'dot',
  gv: 'dot',
  mmd: 'mermaid',
  mermaid: 'mermaid',
};

function formatOf(named: string | undefined, out: string | undefined): GraphFormat {
  if (named === undefined) return out === undefined ? 'svg' : formatBy(out);
  const format = FORMATS.find((one) => one === named);
  if (format) return format;
  throw badInput('bad-usage', `there is no format '${named}'`, didYouMean(named, FORMATS, 'formats'));
}

/** A name without an ending is as good as any; what is named as a picture of another kind would not open. */
function formatBy(out: string): GraphFormat {
  const ending = endingOf(out)?.toLowerCase();
  if (ending === undefined) return 'svg';
  const format = Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
  if (format) return format;
  const fix = `end it in .svg, .dot or .mmd, or give a '--format': ${FORMATS.join(', ')}`;
  throw badInput('bad-usage', `there is no format for the name ${basename(out)}`, fix);
}
