import { count } from '../../../core/text.js';
import type { Doing, Done } from '../doing.js';
import { linkChangeOf } from '../settings.js';

/** All that is done to links. */
export async function link({ lab, step }: Pick<Doing, 'lab' | 'step'>): Promise<Done> {
  const change = linkChangeOf(step.action);
  if (!change) return { status: 'error', detail: 'no change of links' };
  const changes = await lab.changeLinks([change]);
  return { status: 'pass', detail: count(changes.length, 'change') };
}
