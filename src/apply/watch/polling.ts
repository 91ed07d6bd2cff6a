/** Watches machines by commands, for drivers such as SSH: one command for each machine each time. */
import { failure } from '../../core/errors.js';
import type { InterfaceCount, RouterSample, Sample, Watched } from '../../core/sample.js';
import type { Lab } from '../../model/lab.js';
import type { Session } from '../../transport/session.js';
import type { Look } from './look.js';
import { lookArgv, readLook } from './look.js';

const TIMEOUT = 10_000;

/** Replaces the `watch` of a session that has none. */
export function pollingWatch(lab: Lab, session: Session): NonNullable<Session['watch']> {
  return (watched) => {
    const machines = lab.machines.filter(({ name }) =>
      watched.interfaces.some(({ machine }) => machine === name),
    );
    const last = new Map<string, Look>();
    const read = async (): Promise<Sample> => {
      const outputs = await session.run(
        machines.map(({ name: machine }) => ({
          machine,
          argv: lookArgv(watched.routers.includes(machine)),
          timeout: TIMEOUT,
        })),
      );
      const looks = machines.map((machine, index) => {
        const output = outputs[index];
        if (output?.exitCode !== 0)
          throw failure(
            'command-failed',
            `${machine.name} cannot be observed: ${output?.error ?? output?.stderr ?? ''}`,
          );
        return { name: machine.name, look: readLook(output.stdout, machine) };
      });
      const sample = {
        interfaces: looks.flatMap(({ name, look }) => newInterfaces(watched, name, look, last.get(name))),
        routers: looks.flatMap(({ name, look }) =>
          watched.routers.includes(name) ? newsOf(name, look, last.get(name)) : [],
        ),
      };
      for (const { name, look } of looks) last.set(name, look);
      return sample;
    };
    return Promise.resolve(read);
  };
}

/** Interfaces with their index among all watched ones. */
function newInterfaces(
  watched: Watched,
  name: string,
  look: Look,
  before: Look | undefined,
): InterfaceCount[] {
  return watched.interfaces.flatMap(({ machine, position }, index) => {
    const now = look.interfaces[position];
    if (machine !== name || !now) return [];
    const isSame = JSON.stringify(now) === JSON.stringify(before?.interfaces[position]);
    return isSame ? [] : [{ ...now, index }];
  });
}

export function newsOf(router: string, look: Look, before: Look | undefined): RouterSample[] {
  const isReloaded = look.ruleTexts !== before?.ruleTexts;
  const counted = new Map(before?.rules.map(({ place, packets }) => [place, packets]));
  const rules = isReloaded
    ? look.rules
    : look.rules.filter(({ place, packets }) => counted.get(place) !== packets);
  const [now, then] = [look, before].map((one) => new Set(one?.connections.map(({ id }) => id)));
  const came = look.connections.filter(({ id }) => !then?.has(id));
  const went = [...(then ?? [])].filter((id) => !now?.has(id));
  const isNews = isReloaded || rules.length + came.length + went.length > 0 || look.count !== before.count;
  if (!isNews) return [];
  return [
    { router, isReloaded, rules, came, went, ...(look.count !== undefined && { connections: look.count }) },
  ];
}
