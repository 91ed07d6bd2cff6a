import type { Command } from '@commander-js/extra-typings';
import { basename, dirname } from 'node:path';
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { endingOf } from '../core/text.js';
import type { TraceProtocol, TraceResult } from '../index.js';
import type { CommonOptions, Output } from './context.js';
import { common, LAB_OPTION } from './common.js';
import { run } from './context.js';

const PROTOCOLS: readonly TraceProtocol[] = ['icmp', 'tcp', 'udp'];

export function defineTrace(program: Command): void {
  common(program.command('trace'), 'labnet trace laptop server:80 --proto tcp')
    .description('send one packet and show its path: every hop, every translation, and what dropped it')
    .argument('<from>', 'the machine that sends it')
    .argument('<to>', 'MACHINE, MACHINE.SEGMENT or ADDRESS, with :PORT for tcp and udp')
    .option('--proto <protocol>', 'icmp, tcp or udp; default: icmp, or tcp if a port is given')
    .option('--size <bytes>', 'size of the whole IP packet, which is sent unfragmented (DF)')
    .option('--wait <seconds>', 'time to wait for an answer, in addition to the delay of links; default: 1.5')
    .option('--out <file>', 'also draw the trace as SVG')
    .option(...LAB_OPTION)
    .action((from, to, options) => traceLab(from, to, options));
}

type Options = CommonOptions & {
  readonly proto?: string | undefined;
  readonly size?: string | undefined;
  readonly wait?: string | undefined;
  readonly out?: string | undefined;
  readonly lab?: string | undefined;
};

const traceLab = (from: string, to: string, { lab: wanted, stateDir, ...options }: Options): Promise<void> =>
  run(options, async (output) => {
    requireSvg(options.out);
    const request = {
      ...{ from, to, protocol: protocolOf(options.proto) },
      size: numberOf('--size', options.size, /^\d{1,6}$/),
      wait: milliseconds(numberOf('--wait', options.wait, /^(?!0+(\.0*)?$)\d{1,4}(\.\d+)?$/)),
    };
    const { Lab } = await import('../index.js');
    const lab = await Lab.open(wanted, { stateDir });
    try {
      return await show(await lab.trace(request), options.out, output);
    } finally {
      await lab.close();
    }
  });

/** 1 where there was no answer, or only one to small packets. */
async function show(result: TraceResult, out: string | undefined, output: Output): Promise<number> {
  if (out !== undefined) await draw(result, out);
  output.json('trace', { ...result, ...(out !== undefined && { file: out }) });
  const { traceText } = await import('../report/trace.js');
  output.say(traceText(result, output.style));
  return result.answered && !result.cause ? 0 : 1;
}

async function draw(result: TraceResult, out: string): Promise<void> {
  const { writeFiles } = await import('./local.js');
  const { traceSvg } = await import('../report/trace-svg.js');
  await writeFiles(dirname(out), [{ path: basename(out), text: traceSvg(result) }]);
}

function requireSvg(out: string | undefined): void {
  const ending = endingOf(out ?? '');
  if (ending === undefined || ending.toLowerCase() === 'svg') return;
  throw badInput('bad-usage', `a trace is drawn as SVG, not as .${ending}`, 'end the name in .svg');
}

function protocolOf(named: string | undefined): TraceProtocol | undefined {
  if (named === undefined) return undefined;
  const found = PROTOCOLS.find((one) => one === named);
  if (found) return found;
  throw badInput('bad-usage', `there is no protocol '${named}'`, didYouMean(named, PROTOCOLS, 'protocols'));
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

function numberOf(option: string, text: string | undefined, form: RegExp): number | undefined {
  if (text === undefined) return undefined;
  if (form.test(text)) return Number(text);
  throw badInput('bad-usage', `${option} must be a number above 0, not '${text}'`, `for example ${option} 2`);
}
