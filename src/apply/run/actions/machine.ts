import type { Doer } from '../doing.js';

export const stop: Doer<'stop'> = async ({ lab, value, away }) => {
  if (away.has(value)) return { status: 'error', detail: `${value} is stopped already` };
  away.add(value);
  await lab.power(value, false);
  return { status: 'pass', detail: 'stopped' };
};

export const start: Doer<'start'> = async ({ lab, value, away }) => {
  if (!away.has(value)) return { status: 'error', detail: `${value} is not stopped` };
  await lab.power(value, true);
  away.delete(value);
  return { status: 'pass', detail: 'started' };
};
