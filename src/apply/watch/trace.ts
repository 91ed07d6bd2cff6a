/** The trace button: one trace at a time, which all pages show. */
import { LabnetError, messageOf } from '../../core/errors.js';
import type { TraceAsked, WireTrace, WireTraceHop } from '../../page/wire.js';
import type { Lab } from '../lab.js';
import type { TraceCause, TracedAt, TraceHop, TraceResult, Translation } from '../trace/result.js';
import type { Say } from './hub.js';

export class Tracing {
  state: WireTrace = { state: 'none' };

  constructor(
    private readonly open: () => Promise<Lab>,
    private readonly say: Say,
  ) {}

  get isRunning(): boolean {
    return this.state.state === 'running';
  }

  /**
   * Resolves at the end of the trace.
   * @throws LabnetError exit code 2 for wrong requests
   */
  async start(asked: TraceAsked): Promise<void> {
    this.#set({ state: 'running', asked });
    try {
      const lab = await this.open();
      try {
        this.#set({ ...traceShown(await lab.trace(asked)), asked });
      } finally {
        await lab.close();
      }
    } catch (error) {
      this.#set({ state: 'failed', asked, message: messageOf(error) });
      if (error instanceof LabnetError) throw error;
    }
  }

  #set(state: WireTrace): void {
    this.state = state;
    this.say('trace', state);
  }
}

type Done = Omit<Extract<WireTrace, { readonly state: 'done' }>, 'asked'>;

function traceShown(result: TraceResult): Done {
  const { there, back, answered, answer, cause, unexpected, notes } = result;
  return {
    state: 'done',
    isGood: answered && !cause,
    outcome: answered && answer ? `answered: ${answer.text}, ${answer.rtt.toFixed(1)} ms` : 'no answer',
    hops: [
      ...there.hops.map((hop) => hopShown('there', hop)),
      ...back.hops.map((hop) => hopShown('back', hop)),
    ],
    ...(cause && { cause: causeText(cause), evidence: cause.evidence }),
    ...(cause?.fix !== undefined && { fix: cause.fix }),
    notes: [...unexpected.map((text) => `not as the topology has it: ${text}`), ...notes],
  };
}

const causeText = ({ text, at }: TraceCause): string => (at ? `${text} (${at.file}:${at.line})` : text);

const hopShown = (leg: WireTraceHop['leg'], hop: TraceHop): WireTraceHop => ({
  leg,
  machine: hop.machine,
  way: [hop.in, hop.out].flatMap((at) => (at ? placeText(at) : [])).join(' → '),
  packet: packetText(hop.out ?? hop.in),
  translations: hop.translations.map(translationText),
});

const placeText = ({ interface: name, segment }: TracedAt): string =>
  segment === undefined ? name : `${name} ${segment}`;

function packetText(at: TracedAt | undefined): string {
  if (!at) return '';
  const { source, sourcePort, destination, destinationPort } = at.packet;
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return `${end(source, sourcePort)} > ${end(destination, destinationPort)}`;
}

function translationText({ field, before, after, rule }: Translation): string {
  const where = rule?.at ? ` (${rule.at.file}:${rule.at.line})` : '';
  const by = rule ? `${rule.text}${where}` : 'connection tracking, the other way round';
  return `${field} ${before} becomes ${after}, by ${by}`;
}
