/** Sends a packet of each failed check again, and traces it. */
import { LabnetError } from '../../core/errors.js';
import type { Proof } from '../../verify/proof.js';
import { endText } from '../trace/story.js';
import type { TraceRequest, TraceResult } from '../trace/result.js';

/** A trace, or the reason why there is none. */
export type CheckTrace = TraceResult | { readonly error: string };

/** Traces take time, one after the other; the first failures usually explain the rest. */
const TRACES_AT_MOST = 8;

/** Traces by the id of the check. Checks that failed with the same packet share a trace. */
export async function tracesOf(
  proofs: readonly Proof[],
  trace: (request: TraceRequest) => Promise<TraceResult>,
): Promise<Map<string, CheckTrace>> {
  const known = new Map<string, CheckTrace>();
  const traces = new Map<string, CheckTrace>();
  for (const proof of proofs) {
    const request = requestOf(proof);
    if (!request) continue;
    const key = JSON.stringify(request);
    if (!known.has(key) && known.size >= TRACES_AT_MOST) continue;
    const found = known.get(key) ?? (await tried(trace, request));
    known.set(key, found);
    traces.set(proof.id, found);
  }
  return traces;
}

/** The first probe that failed. */
function requestOf({ status, probes }: Proof): TraceRequest | undefined {
  const found = probes.find(({ failed }) => failed);
  if (status !== 'fail' || !found) return undefined;
  const { machine: from, to, port, protocol } = found.probe;
  return { from, to: endText(to, port), protocol };
}

async function tried(
  trace: (request: TraceRequest) => Promise<TraceResult>,
  request: TraceRequest,
): Promise<CheckTrace> {
  try {
    return await trace(request);
  } catch (error) {
    if (!(error instanceof LabnetError)) throw error;
    return { error: error.diagnostics.map(({ message }) => message).join('; ') };
  }
}
