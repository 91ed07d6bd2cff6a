/** What somebody probably meant by a name that does not exist. */
import { didYouMean, nearest } from '../core/suggest.js';
import type { Lab, Machine } from '../model/lab.js';
import { ACTION_NAMES } from './actions/index.js';

/** Words that are not actions, and what to write instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['ping', 'tcp', 'udp', 'blocked', 'path'].map((kind) => [
      kind,
      `write 'check: { ${kind}: HOST -> HOST }'`,
    ]),
  ),
  ...Object.fromEntries(
    ['sleep', 'wait', 'pause'].map((word) => [
      word,
      "give the next step a 'delay: 5s', or an 'at' of its own",
    ]),
  ),
  ...Object.fromEntries(
    ['run', 'command', 'cmd', 'shell', 'script'].map((word) => [
      word,
      "write 'exec: { machine: HOST, run: [PROGRAM, ARGUMENT, …] }'",
    ]),
  ),
  for: "it belongs in a capture or a sample, as 'capture: { at: HOST, for: 5s }'",
  time: "write when it is as 'at: 10s'",
  action: "the action itself is the key, such as 'link-down: HOST'",
  type: "the action itself is the key, such as 'link-down: HOST'",
};

/** For `link` all actions that begin with it; otherwise the most similar one, or a list of all. */
export function actionMeant(key: string, timing: readonly string[]): string {
  const elsewhere = Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
  if (elsewhere !== undefined) return elsewhere;
  const longer = ACTION_NAMES.filter((name) => name.startsWith(`${key}-`));
  if (longer.length > 0) return `actions: ${longer.join(', ')}`;
  const near = nearest(key, [...ACTION_NAMES, ...timing]);
  return near === undefined
    ? `actions: ${ACTION_NAMES.join(', ')}; when: ${timing.join(', ')}`
    : `did you mean '${near}'?`;
}

/** @returns undefined, and reports it, if there is none */
export function machineNamed(
  lab: Lab,
  name: string,
  say: (message: string, fix: string) => void,
): Machine | undefined {
  const found = lab.machines.find((machine) => machine.name === name);
  if (!found)
    say(
      `there is no machine '${name}'`,
      didYouMean(
        name,
        lab.machines.map((machine) => machine.name),
        'machines',
      ),
    );
  return found;
}
