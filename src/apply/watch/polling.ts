/** Watches machines by commands, for drivers such as SSH: one command for each machine each time. */
import { failure } from '../../core/errors.js';
import type { InterfaceCount, RouterSample, Sample, Watched } from '../../core/sample.js';
import type { Lab } from '../../model/lab.js';
import type { Session } from '../../transport/session.js';
import type { Reading } from './reading.js';
import { readingArgv, readingOf } from './reading.js';

const TIMEOUT = 10_000;

/** Replaces the `watch` of a session that has none. */
export function pollingWatch(lab: Lab, session: Session): NonNullable<Session['watch']> {
  return (watched) => {
    const machines = lab.machines.filter(({ name }) =>
      watched.interfaces.some(({ machine }) => machine === name),
    );
    const last = new Map<string, Reading>();
    const read = async (): Promise<Sample> => {
      const outputs = await session.run(
        machines.map(({ name: machine }) => ({
          machine,
          argv: readingArgv(watched.routers.includes(machine)),
          timeout: TIMEOUT,
        })),
      );
      const readings = machines.map((machine, index) => {
        const output = outputs[index];
        if (output?.exitCode !== 0)
          throw failure(
            'command-failed',
            `${machine.name} cannot be observed: ${output?.error ?? output?.stderr ?? ''}`,
          );
        return { name: machine.name, reading: readingOf(output.stdout, machine) };
      });
      const sample = {
        interfaces: readings.flatMap(({ name, reading }) =>
          newInterfaces(watched, name, reading, last.get(name)),
        ),
        routers: readings.flatMap(({ name, reading }) =>
          watched.routers.includes(name) ? newsOf(name, reading, last.get(name)) : [],
        ),
      };
      for (const { name, reading } of readings) last.set(name, reading);
      return sample;
    };
    return Promise.resolve(read);
  };
}

/** Interfaces with their index among all watched ones. */
function newInterfaces(
  watched: Watched,
  name: string,
  reading: Reading,
  before: Reading | undefined,
): InterfaceCount[] {
  return watched.interfaces.flatMap(({ machine, position }, index) => {
    const now = reading.interfaces[position];
    if (machine !== name || !now) return [];
    const isSame = JSON.stringify(now) === JSON.stringify(before?.interfaces[position]);
    return isSame ? [] : [{ ...now, index }];
  });
}

export function newsOf(router: string, reading: Reading, before: Reading | undefined): RouterSample[] {
  const isReloaded = reading.ruleTexts !== before?.ruleTexts;
  const counted = new Map(before?.rules.map(({ place, packets }) => [place, packets]));
  const rules = isReloaded
    ? reading.rules
    : reading.rules.filter(({ place, packets }) => counted.get(place) !== packets);
  const [now, then] = [reading, before].map((one) => new Set(one?.connections.map(({ id }) => id)));
  const came = reading.connections.filter(({ id }) => !then?.has(id));
  const went = [...(then ?? [])].filter((id) => !now?.has(id));
  const isNews = isReloaded || rules.length + came.length + went.length > 0 || reading.count !== before.count;
  if (!isNews) return [];
  return [
    {
      router,
      isReloaded,
      rules,
      came,
      went,
      ...(reading.count !== undefined && { connections: reading.count }),
    },
  ];
}
