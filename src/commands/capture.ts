import type { Command } from '@commander-js/extra-typings';
import { badInput } from '../core/errors.js';
import { count as counted } from '../core/text.js';
import type { CaptureResult, Lab } from '../index.js';
import { stderr } from '../sys/standard.js';
import type { CommonOptions, Output } from './context.js';
import { common, LAB_OPTION } from './common.js';
import { abortOnSignal, run } from './context.js';

export function defineCapture(program: Command): void {
  common(
    program.command('capture'),
    'labnet capture router:intnetA router:intnetB --filter icmp -w nat.pcapng',
  )
    .description(
      'show packets as they arrive, at a machine or on one of its segments, or write them to a file',
    )
    .argument('<machine...>', 'MACHINE for all its interfaces, MACHINE:SEGMENT for one')
    .option('--filter <expression>', "a filter in the syntax of tcpdump: 'tcp port 80'")
    .option('-w, --write <file>', 'a .pcapng file, or for one place a .pcap file; - for standard output')
    .option('--wireshark', 'show the packets in Wireshark')
    .option('--count <packets>', 'end after this many packets')
    .option('--seconds <seconds>', 'end after this time; default: at Ctrl-C')
    .option(...LAB_OPTION)
    .action((places, options) => capture(places, options));
}

type Options = CommonOptions & {
  readonly filter?: string | undefined;
  readonly write?: string | undefined;
  readonly wireshark?: true | undefined;
  readonly count?: string | undefined;
  readonly seconds?: string | undefined;
  readonly lab?: string | undefined;
};

const capture = (places: readonly string[], { lab: wanted, stateDir, ...options }: Options): Promise<void> =>
  run(options, async (output) => {
    const asked = {
      count: positive('--count', options.count, /^[1-9]\d{0,14}$/),
      seconds: positive('--seconds', options.seconds, /^(?!0+(\.0*)?$)\d{1,6}(\.\d+)?$/),
    };
    if ([options.write, options.wireshark].filter((one) => one !== undefined).length > 1)
      throw badInput('bad-usage', '-w and --wireshark exclude each other', 'leave one out');
    if (options.write === '-' && output.isJson)
      throw badInput(
        'bad-usage',
        "'-w -' needs standard output for the packets",
        'leave out --json, or name a file',
      );
    const { Lab: Labs } = await import('../index.js');
    const lab = await Labs.open(wanted, { stateDir });
    try {
      return await until(lab, places, { ...options, ...asked }, output);
    } finally {
      await lab.close();
    }
  });

type Asked = Omit<Options, 'count' | 'seconds'> & {
  readonly count: number | undefined;
  readonly seconds: number | undefined;
};

async function until(lab: Lab, places: readonly string[], asked: Asked, output: Output): Promise<number> {
  const { filter, write: file, wireshark, count, seconds } = asked;
  const stop = abortOnSignal();
  try {
    const result = await lab.capture({
      ...{ places, filter, file, wireshark, count, seconds, signal: stop.signal },
      onLine: (line) => output.say(line),
      onStart: () => {
        const end = seconds === undefined ? 'Ctrl-C ends' : `for ${seconds} s`;
        tell(output, `capturing at ${places.join(', ')} (${end})`);
      },
    });
    output.json('capture', result);
    tell(output, summary(result, output));
    return 0;
  } finally {
    stop.release();
  }
}

/** Printed to standard error, as standard output has only packets. */
function tell(output: Output, text: string): void {
  if (!output.isJson) stderr.write(`${text}\n`);
}

function summary({ packets, dropped, places, file }: CaptureResult, { errorStyle }: Output): string {
  const each = places.length > 1 ? ` (${places.map((one) => `${one.place} ${one.packets}`).join(', ')})` : '';
  const missed = dropped > 0 ? `, ${dropped} dropped by the kernel` : '';
  const where = file === undefined || file === '-' ? '' : ` in ${file}`;
  return `${errorStyle.green('✓')} ${counted(packets, 'packet')}${each}${missed}${where}`;
}

function positive(option: string, text: string | undefined, form: RegExp): number | undefined {
  if (text === undefined) return undefined;
  if (form.test(text)) return Number(text);
  throw badInput(
    'bad-usage',
    `${option} must be a number above 0, not '${text}'`,
    `for example ${option} 10`,
  );
}
