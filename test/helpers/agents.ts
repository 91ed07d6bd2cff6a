/** Agents in the machines of a lab of namespaces, as another driver has them in machines reached over SSH. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import type { Lab as Model } from '../../src/model/lab.js';
import { enterArgv, machineEnv } from '../../src/drivers/netns/enter.js';
import { writeHosts } from '../../src/drivers/netns/hosts.js';
import { canUnshare } from '../../src/sys/capabilities.js';
import { throughFd } from '../../src/sys/process.js';
import { streamChannel } from '../../src/transport/agent-channel.js';
import type { AgentChannel } from '../../src/transport/agent-channel.js';
import { readAgent } from '../../src/transport/assets.js';

/** As in a minimal guest: nothing but what Debian's perl-base has. */
const PERL_BASE = '/usr/lib/x86_64-linux-gnu/perl-base';
export const AGENT_TEXT = existsSync(PERL_BASE)
  ? `BEGIN { @INC = ('${PERL_BASE}') }\n${readAgent()}`
  : readAgent();

export type TestChannel = AgentChannel & {
  /** As a connection that is cut: the program in the machine has no time for anything. */
  readonly kill: () => void;
};

/** @param perl the command line in the machine, which an ssh server would run */
export function agentsIn(
  lab: Model,
  holder: number,
  perl: readonly string[] = ['perl', '-'],
): (machine: string) => Promise<TestChannel> {
  return (machine) => {
    const fd = openSync(`/proc/${holder}`, 'r');
    try {
      writeHosts(lab, throughFd(fd), machine);
      const [program, ...rest] = enterArgv(machine, '/', !canUnshare());
      return Promise.resolve(
        spawnChannel([program, ...rest, ...perl], machineEnv(process.env, lab.name, machine), fd),
      );
    } finally {
      closeSync(fd);
    }
  };
}

function spawnChannel(
  [program = '', ...rest]: readonly string[],
  env: NodeJS.ProcessEnv,
  holder: number,
): TestChannel {
  const child = spawn(program, rest, {
    env,
    stdio: ['pipe', 'pipe', 'pipe', holder],
  }) as ChildProcessWithoutNullStreams;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { stdin, stdout, stderr } = child;
  const close = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    await closed;
    clearTimeout(timer);
  };
  return { ...streamChannel({ stdin, stdout, stderr, close }), kill: () => child.kill('SIGKILL') };
}
