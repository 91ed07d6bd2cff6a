/** `labnet capture`: its options and its result. */
import { badInput, failure } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import { stdout } from '../../sys/standard.js';
import { startPiped } from '../../transport/piped.js';
import type { Sink } from '../../transport/sink.js';
import { fileSink, streamSink } from '../../transport/sink.js';
import { findTool, toolPath } from '../../sys/tools.js';
import { PCAP, pcapng } from './output.js';
import { placesOf } from './places.js';
import type { CapturedAt, CaptureRun, Enter } from './run.js';
import { checkFilter, runCapture } from './run.js';

export type CaptureOptions = {
  /** `MACHINE`, or `MACHINE:SEGMENT` for one of its interfaces. */
  readonly places: readonly string[];
  /** A filter in the syntax of pcap-filter(7). */
  readonly filter?: string | undefined;
  /** Ends after this many packets, of all places together. */
  readonly count?: number | undefined;
  /** Ends after this many seconds. */
  readonly seconds?: number | undefined;
  /** `.pcap` for one place, `.pcapng`, or `-` for pcapng on standard output. */
  readonly file?: string | undefined;
  /** Shows the packets in Wireshark as they arrive. */
  readonly wireshark?: boolean | undefined;
  /** Called for each packet's line of text, unless packets go to a file or to Wireshark. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called when the capture has started at all places. */
  readonly onStart?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type CaptureResult = {
  readonly lab: string;
  readonly places: readonly CapturedAt[];
  readonly packets: number;
  readonly dropped: number;
  readonly file?: string;
};

/** @throws LabnetError bad-usage, machine-not-found, not-attached, capture-filter; capture-failed, file-unwritable */
export async function captureLab(lab: Lab, enter: Enter, options: CaptureOptions): Promise<CaptureResult> {
  const { filter = '', file, onStart } = options;
  const places = placesOf(lab, options.places);
  const isPcap = file !== undefined && /\.p?cap$/.test(file);
  if (isPcap && places.length > 1)
    throw badInput(
      'bad-usage',
      `${file} can hold packets of one place only`,
      'write a .pcapng, which stores the place of each packet',
    );
  const names = lab.machines.map(({ name }) => name);
  await checkFilter(enter, places, filter, names);
  const sink = sinkOf(options);
  try {
    const to: CaptureRun['to'] = sink
      ? { sink, format: isPcap ? PCAP : pcapng(lab.name, filter) }
      : { line: options.onLine ?? (() => undefined) };
    const found = await runCapture(enter, {
      ...{ lab, places, filter, to },
      count: options.count ?? Infinity,
      duration: (options.seconds ?? 0) * 1000,
      signal: options.signal ?? new AbortController().signal,
      onStart: onStart ?? (() => undefined),
    });
    const sum = (key: 'packets' | 'dropped'): number => found.reduce((total, one) => total + one[key], 0);
    const counts = { places: found, packets: sum('packets'), dropped: sum('dropped') };
    return { lab: lab.name, ...counts, ...(file !== undefined && { file }) };
  } finally {
    await sink?.close();
  }
}

function sinkOf({ file, wireshark }: CaptureOptions): Sink | undefined {
  if (file === '-') return streamSink(stdout.stream);
  if (file !== undefined) return fileSink(file);
  return wireshark === true ? toWireshark() : undefined;
}

function toWireshark(): Sink {
  if (findTool('wireshark') === undefined)
    throw failure(
      'tool-missing',
      'wireshark is not installed',
      "install it ('apt-get install wireshark'), or write a file with -w",
    );
  // Wireshark stays open when the capture ends.
  const env = { ...(process.env as Record<string, string>), PATH: toolPath() };
  const { stdin } = startPiped({ argv: ['wireshark', '-k', '-i', '-'], env });
  const { write } = streamSink(stdin);
  return { write, close: () => Promise.resolve(void stdin.end()) };
}
