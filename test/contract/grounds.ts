/** Where each driver's machines come from, for the contract: all that its tests have to know of a driver. */
import type { Driver, DriverOptions } from '../../src/drivers/driver.js';
import { driverNamed } from '../../src/drivers/registry.js';
import type { Lab } from '../../src/model/lab.js';
import type { LabPlan } from '../../src/plan/build.js';
import { changes } from '../helpers/guests.js';
import { differences, machineState } from '../helpers/machine.js';
import { noSsh, SshLab } from '../helpers/ssh.js';

/** What there is before a lab, and has to be there again after it. */
export type Ground = {
  readonly options: DriverOptions;
  /** Makes the kernel of machine `a` refuse a step: by the plan, or by how the machine is before. */
  readonly spoil: (plan: LabPlan) => Promise<LabPlan>;
  /** What is not as it was when the ground was made. */
  readonly changed: () => Promise<readonly string[]>;
  readonly end: () => Promise<void>;
};

export type Grounds = {
  readonly driver: Driver;
  /** Why there can be none here; empty where there can. */
  readonly problem: string;
  /** Whether labs of it may be made at the same time in this process. */
  readonly atOnce: boolean;
  /** What is said of machine `a` then. */
  readonly refusal: RegExp;
  readonly make: (lab: Lab) => Promise<Ground>;
};

async function namespaces(): Promise<Grounds> {
  const driver = await driverNamed('netns');
  const [problem] = await driver.probe();
  return {
    driver,
    problem: problem?.message ?? '',
    atOnce: true,
    refusal: /a: route to 10\.9\.0\.0\/24 via 10\.5\.0\.1 on eth0/,
    make: () => {
      const before = machineState();
      return Promise.resolve({
        options: {},
        spoil: (plan) => Promise.resolve(withWrongRoute(plan)),
        changed: () => Promise.resolve(differences(before, machineState())),
        end: () => Promise.resolve(),
      });
    },
  };
}

function withWrongRoute({ machines, ...plan }: LabPlan): LabPlan {
  const to = { family: 4, to: '10.9.0.0/24', via: '10.5.0.1', interface: 'eth0' } as const;
  const wrong = { do: 'route', machine: 'a', ...to } as const;
  const spoilt = [...machines].map((one) =>
    one.machine.machine === 'a' ? { ...one, routes: [...one.routes, wrong] } : one,
  );
  return { ...plan, machines: spoilt };
}

/** Machines with a real OpenSSH server each; this process goes to where they can be reached, and back. */
async function overSsh(): Promise<Grounds> {
  return {
    driver: await driverNamed('ssh'),
    problem: noSsh,
    atOnce: false,
    refusal: /^a: network up: RTNETLINK answers/,
    make: async (lab) => {
      const ssh = await SshLab.of(lab);
      const states = () => Promise.all(ssh.guests.names.map((name) => ssh.guests.state(name)));
      let before = await states();
      const leave = ssh.visit();
      return {
        options: { sshConfig: ssh.config },
        spoil: async (plan) => {
          // With packets as small as that there is no IPv6.
          await ssh.guests.must('a', `ip link set dev ${ssh.guests.device('a', 'lan')} mtu 1000`);
          before = await states();
          return plan;
        },
        changed: async () => (await states()).flatMap((state, index) => changes(before[index] ?? '', state)),
        end: () => {
          leave();
          return ssh.end();
        },
      };
    },
  };
}

/** vagrant's machines take minutes to boot: test/vm has them. */
export const allGrounds = (): Promise<readonly Grounds[]> => Promise.all([namespaces(), overSsh()]);
