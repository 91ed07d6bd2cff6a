/** Labs of network namespaces: a lab is one process, and ends with it. */
import type { Command } from '../../core/command.js';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { untilDone } from '../../core/phases.js';
import { list } from '../../core/suggest.js';
import type { Lab } from '../../model/lab.js';
import { bootId, findByEnvironment, isAlive, reap } from '../../sys/process.js';
import { renderScripts } from '../../render/scripts.js';
import { readTemplates } from '../../transport/assets.js';
import type { Driver } from '../driver.js';
import { alter, engineFor, markFor } from './alter.js';
import { begin } from './creation.js';
import { power } from './power.js';
import { machineEnv } from './enter.js';
import { isHolder, liveHolder, openHolder, readRuntime, refuseAlive, refuseElsewhere } from './holder.js';
import { writeHosts } from './hosts.js';
import { commandIn, runInteractive } from './interactive.js';
import { HOLDER_MARK } from './paths.js';
import { linkTroubles } from './links.js';
import { endHolder, endStragglers, isSettled } from './settled.js';
import { MeshEngines } from './mesh.js';
import { probeHost } from './probe-host.js';
import { refusedNeighbours } from './refused-neighbours.js';
import { roomFor } from './room/judge.js';

export const netns: Driver = {
  name: 'netns',
  lasting: false,
  probe: () => Promise.resolve(probeHost()),
  leavesOut,
  render: (lab) => renderScripts(lab, readTemplates()),
  room: (lab, before) => [...linkTroubles(lab), ...roomFor(lab, before)],
  begin,
  isRunning: async (runtime) => {
    using holder = openHolder(readRuntime(runtime));
    // Not one that still waits for its word: who should have said it may be gone, and the holder about to notice.
    return holder !== undefined && (await isSettled(holder.id)) && isAlive(holder.id);
  },
  connect: async (lab, runtime, purpose = 'look') => {
    const holder = liveHolder(runtime);
    const engine = engineFor(holder.id, purpose, holder);
    try {
      await untilDone(
        'wait',
        engine.call('attach', { holder: holder.id, mark: markFor(holder.id, purpose) }),
      );
      if (purpose === 'change') await endStragglers(holder.id, engine.pid);
    } catch (error) {
      await engine.stop();
      holder[Symbol.dispose]();
      throw error;
    }
    const mesher = new MeshEngines(engine, holder);
    const prepare = (command: Command): Command => {
      if (!command.user) return command;
      writeHosts(lab, holder.path, command.machine);
      return {
        ...command,
        user: { ...command.user, env: machineEnv(command.user.env, lab.name, command.machine) },
      };
    };
    return {
      run: (commands) => untilDone('wait', engine.call('run', commands.map(prepare))),
      test: (run) => untilDone('wait', engine.call('test', run)),
      refusedNeighbours,
      mesh: (run) => untilDone('wait', mesher.ask(run)),
      watch: async (watched) => {
        await untilDone('wait', engine.call('watch', watched));
        return () => engine.call('sample', null);
      },
      converse: (dialogues) => untilDone('wait', engine.call('converse', dialogues)),
      close: async () => {
        await Promise.all([engine.stop(), mesher.stop()]);
        holder[Symbol.dispose]();
      },
    };
  },
  alter: (runtime, request) => alter(liveHolder(runtime), request),
  interact: async (lab, runtime, machine, argv) => {
    const holder = liveHolder(runtime);
    writeHosts(lab, holder.path, machine);
    return await runInteractive(holder, lab.name, machine, argv);
  },
  enter: (lab, runtime, machine, argv) => {
    const holder = liveHolder(runtime);
    writeHosts(lab, holder.path, machine);
    return Promise.resolve(commandIn(holder, lab.name, machine, argv));
  },
  power: (lab, runtime, machine, isOn) => power(liveHolder(runtime), lab, machine, isOn),
  destroyLabelled: async (label) => {
    const holders = findByEnvironment(HOLDER_MARK, label);
    if (holders.length === 0) refuseAlive(label);
    await Promise.all(holders.map((holder) => endHolder(holder)));
    return holders.length > 0;
  },
  destroy: async (runtime) => {
    const found = readRuntime(runtime);
    refuseElsewhere(found);
    if (found.bootId !== bootId()) return false;
    const wasRunning = await untilDone(
      'stop',
      endHolder(found.holder, (pid) => isHolder(pid, found)),
    );
    reap(found.holder);
    return wasRunning;
  },
};

/** Machines share this computer's disk: what provisions a disk has no place here. */
function leavesOut({ machines }: Lab): Diagnostic[] {
  const provisioned = machines.filter(({ provision }) => provision.length > 0).map(({ name }) => name);
  if (provisioned.length === 0) return [];
  const message = `provision scripts are not run on namespaces, which share this computer's disk: ${list(provisioned)}`;
  return [
    diagnostic('provision-skipped', message, {
      fix: "run what they start with 'labnet exec', or use a driver of virtual machines",
    }),
  ];
}
