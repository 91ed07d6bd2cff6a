/** A ground for each driver. */
import type { Who } from '../helpers/cli.js';
import { changes } from '../helpers/guests.js';
import { SshLab } from '../helpers/ssh.js';
import { labOf } from '../helpers/topologies.js';
import { Ground } from './ground.js';
import type { Witness } from './judge.js';
import type { SceneName } from './scenes.js';
import { BOTH, sceneNames } from './scenes.js';
import type { Mode } from './tracer.js';
import { MODES } from './tracer.js';

export type Place = {
  readonly ground: Ground;
  readonly modes: readonly Mode[];
  readonly scenes: readonly SceneName[];
  readonly witness?: Witness;
  readonly end: () => Promise<void>;
};

export const openPlace = (driver: string, who: Who): Promise<Place> =>
  driver === 'ssh' ? overSsh() : Promise.resolve(onNamespaces(who));

function onNamespaces(who: Who): Place {
  const ground = new Ground({ who, visit: who === 'self' ? () => () => undefined : undefined });
  return { ground, modes: MODES, scenes: sceneNames, end: () => ground.end() };
}

/** Machines that run already: what is left in them is looked at too. */
async function overSsh(): Promise<Place> {
  const ssh = await SshLab.of(labOf(BOTH));
  const ground = new Ground({
    who: 'self',
    through: ['nsenter', '-t', `${ssh.guests.host}`, '--net', '--'],
    upOptions: { driver: 'ssh', sshConfig: ssh.config },
    visit: () => ssh.visit(),
  });
  const look = (): Promise<string[]> => Promise.all(ssh.guests.names.map((name) => ssh.guests.state(name)));
  const before = await look();
  const changed = async (): Promise<string[]> => {
    const after = await look();
    return ssh.guests.names.flatMap((name, index) =>
      changes(before[index] ?? '', after[index] ?? '').map((line) => `${name}: ${line}`),
    );
  };
  const end = async (): Promise<void> => {
    await ground.end();
    await ssh.end();
  };
  const modes = ['all', 'power-kept', 'power-lost'] as const;
  return { ground, modes, scenes: sceneNames, witness: { changed }, end };
}
