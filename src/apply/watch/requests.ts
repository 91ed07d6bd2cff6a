/** What the buttons of the page ask for, read as what comes from outside. */
import { badInput } from '../../core/errors.js';
import type { CaptureRequest } from '../../page/wire.js';

const LONGEST = 1_000;
const MOST_PLACES = 32;

const isText = (one: unknown): one is string => typeof one === 'string' && one.length <= LONGEST;

/** @throws LabnetError bad-usage */
export function captureRequest(body: unknown): CaptureRequest {
  const { places, filter } = (body ?? {}) as { readonly places?: unknown; readonly filter?: unknown };
  if (!Array.isArray(places) || places.length > MOST_PLACES || !places.every(isText) || !isText(filter))
    throw badInput('bad-usage', 'a capture has places and a filter', 'choose a machine');
  return { places, filter };
}
