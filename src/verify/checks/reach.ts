import type { Family } from '../../core/ip.js';
import type { Machine, Mapping, Segment } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { insideSegments, ownAddress } from '../../model/view.js';
import { walk } from '../../model/walk.js';
import type { Check, CheckKind } from '../check.js';
import { pingCheck } from './answered.js';
import { expectPing, leavesHome, reachOf } from './common.js';
import { fromText, speakers, spread } from './spread.js';

export const reach: CheckKind = {
  kind: 'reach',
  about: 'every segment that is not behind NAT is reached from every segment with a way to it',
  derive: (view) =>
    view.lab.segments.flatMap((segment, turn) =>
      ([4, 6] as const).flatMap((family) => checkOf(view, segment, family, turn)),
    ),
};

function checkOf(view: View, { name, subnet, subnet6 }: Segment, family: Family, turn: number): Check[] {
  const isHidden = view.routersOn(name).some(({ machine }) => insideSegments(machine, family).has(name));
  if (isHidden || (family === 4 ? subnet : subnet6) === undefined) return [];
  const target = targetOn(view, name, family);
  if (!target) return [];
  const all = speakers(view, (one) => one === name).filter(
    (speaker) =>
      speaker.name !== target.machine &&
      reachOf(view, speaker, family).segments.get(name) !== undefined &&
      leavesHome(speaker, target.address) &&
      isAnswerable(view, speaker, target),
  );
  const probes = spread(all, turn).map((speaker) => expectPing(speaker.name, target.address));
  if (probes.length === 0) return [];
  const text = `${name} (${target.machine}, ${target.address}) is reached from ${fromText(probes.length, all.length)}`;
  return [pingCheck('reach', `reach${family === 6 ? '6' : ''}/${name}`, text, probes)];
}

/** Behind a router that only forwards ports, packets leave untranslated, and no route leads back. */
function isAnswerable(view: View, speaker: Machine, { machine, address }: Target): boolean {
  const isOneWay = speaker.interfaces.some(({ segment }) =>
    view
      .routersOn(segment)
      .some(
        ({ machine: { nat } }) =>
          nat.some((one) => one.kind === 'forward' && one.inside.segment === segment) &&
          !nat.some((one) => translates(one, speaker, segment)),
      ),
  );
  if (!isOneWay) return true;
  const target = view.machines.get(machine);
  const { source } = walk(view, speaker, address);
  return target !== undefined && source !== '' && walk(view, target, source).dropped === undefined;
}

const translates = (mapping: Mapping, speaker: Machine, segment: string): boolean =>
  mapping.kind === 'static'
    ? mapping.inside.machine === speaker.name
    : mapping.kind !== 'forward' && mapping.inside.some((one) => one.segment === segment);

type Target = { readonly machine: string; readonly address: string };

/** A host of the segment, or a router if it has none. */
function targetOn(view: View, segment: string, family: Family): Target | undefined {
  const all = view.on(segment).flatMap(({ machine, interface: one }) => {
    const address = ownAddress(one, family);
    return address === undefined ? [] : [{ machine: machine.name, kind: machine.kind, address }];
  });
  return all.find(({ kind }) => kind === 'host') ?? all[0];
}
