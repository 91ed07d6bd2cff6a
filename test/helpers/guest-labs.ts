/** Labs of machines made of namespaces, and what reaches what in them. */
import type { ExecutionContext, ImplementationFn } from 'ava';
import { Guests } from './guests.js';
import { example } from './topologies.js';

/** With guests that are gone afterwards. */
export const withGuests =
  (name: string, body: (t: ExecutionContext, guests: Guests) => Promise<void>): ImplementationFn<[]> =>
  async (t) => {
    const guests = await Guests.of(example(name));
    t.teardown(() => guests.end());
    await body(t, guests);
  };

export const answered = async (guests: Guests, from: string, to: string, options = ''): Promise<boolean> =>
  (await guests.run(from, `ping -n -c1 -W2 ${options} ${to}`)).code === 0;
