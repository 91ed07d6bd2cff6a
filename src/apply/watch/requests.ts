/** Validates the requests of the page's buttons. */
import { badInput } from '../../core/errors.js';
import type { CaptureRequest, TraceAsked } from '../../page/wire.js';

const LONGEST = 1_000;
const MOST_PLACES = 32;

const isText = (one: unknown): one is string => typeof one === 'string' && one.length <= LONGEST;

/** @throws LabnetError bad-usage */
export function captureRequest(body: unknown): CaptureRequest {
  const { places, filter } = (body ?? {}) as { readonly places?: unknown; readonly filter?: unknown };
  if (!Array.isArray(places) || places.length > MOST_PLACES || !places.every(isText) || !isText(filter))
    throw badInput('bad-usage', 'a capture needs places and a filter', 'choose a machine');
  return { places, filter };
}

const PROTOCOLS = ['icmp', 'tcp', 'udp'] as const;

/** @throws LabnetError bad-usage */
export function traceRequest(body: unknown): TraceAsked {
  const { from, to, protocol } = (body ?? {}) as Partial<Record<keyof TraceAsked, unknown>>;
  const known = PROTOCOLS.find((one) => one === protocol);
  if (!isText(from) || !isText(to) || known === undefined)
    throw badInput('bad-usage', 'a trace needs a machine, a destination and a protocol', 'choose a machine');
  return { from, to, protocol: known };
}
