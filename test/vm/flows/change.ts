/**
 * Run in the guest: sets the link of `a` a hundred times while pings and flows go over it, and prints when each was so.
 *
 *   node change.js LAB PAUSE     milliseconds of each turn
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab } from '../../../src/index.js';
import { turn, TURNS } from './sequence.js';

/** Milliseconds since 1970, between which a turn's settings were those of the link. */
export type Window = {
  readonly from: number;
  readonly to: number;
  /** Milliseconds that the change took. */
  readonly took: number;
};
/** What is printed; `drift` is what is not as it was set, at the end. */
export type Changed = { readonly windows: readonly Window[]; readonly drift: readonly string[] };

const [, , name, pause = '1000'] = process.argv;
const lab = await Lab.open(name);
const windows: Window[] = [];
for (let index = 0; index < TURNS; index++) {
  const { up, down, mtu } = turn(index);
  const began = performance.now();
  await lab.changeLinks([
    { do: 'set', places: ['a:lan'], settings: [...up.settings, ...down.settings] },
    { do: 'set', places: [':lan'], settings: [`mtu=${mtu}`] },
  ]);
  const [from, took] = [Date.now(), performance.now() - began];
  await sleep(Number(pause));
  windows.push({ from, to: Date.now(), took });
}
const { changes } = await lab.drift();
const changed: Changed = { windows, drift: changes.map(({ text }) => text) };
process.stdout.write(JSON.stringify(changed));
await lab.close();
