/** A router with a real systemd: port control is a unit of it, lasts over its reboots, and goes with the lab. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { toolEnv } from '../../src/sys/tools.js';
import type { Result } from '../helpers/cli.js';
import { finished } from '../helpers/cli.js';
import { changes, Guests, noGuests, SCRIPT } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { labOf, PORT_CONTROL } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const SYSTEMD = '/lib/systemd/systemd';
const CGROUP = `labnet-test-${process.pid}`;

function noSystemd(): string {
  if (!existsSync(SYSTEMD)) return 'no systemd here';
  const mount = ['--mount', 'sh', '-c', 'mount -t cgroup2 cgroup2 /mnt && [ -w /mnt ]'];
  return spawnSync('unshare', mount, { env: toolEnv() }).status === 0 ? noGuests() : 'no cgroup2 here';
}

/** Units of this computer's packages that nobody has asked for are left out. */
const PREPARE = `set -e
cp -a /lib/systemd/system /run/units
rm -rf /run/units/*.wants
mount --bind /run/units /lib/systemd/system
head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n' >/etc/machine-id
mkdir -p /run/dev
for one in null zero full random urandom; do : >/run/dev/$one; mount --bind /dev/$one /run/dev/$one; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup`;

/** The first process of a pid namespace, with a group of processes of its own; what is all machines' is not for it to write. */
const BOOT = `set -e
group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/${CGROUP}
mkdir -p "$group"
echo $$ >"$group/cgroup.procs"
exec unshare --mount --uts --ipc --cgroup --pid --fork --kill-child sh -c '
  set -e
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mount -o remount,bind,ro /sys
  mount --rbind /run/dev /dev
  mount -t proc proc /proc
  mkdir -p /run/proc
  mount -t proc proc /run/proc
  mount --bind /proc/sys /proc/sys
  mount -o remount,bind,ro /proc/sys
  mount --bind /run/proc/sys/net /proc/sys/net
  umount -l /run/proc
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=labnet ${SYSTEMD} --log-target=null --unit=multi-user.target'`;

const IS_BOOTED = `for try in $(seq 300); do
  case $(systemctl is-system-running) in running | degraded) exit ;; esac
  sleep 0.1
done
systemctl --no-pager --failed; exit 1`;

const END_GROUP = `group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/${CGROUP}
for try in $(seq 50); do
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
  [ -d "$group" ] || exit 0
  sleep 0.1
done
exit 1`;

/** As Debian's package miniupnpd has it where somebody has said so, for a moment. */
const ENABLED = `unit=/etc/systemd/system/miniupnpd.service
printf '[Service]\\nExecStart=/usr/sbin/miniupnpd -d\\n[Install]\\nWantedBy=multi-user.target\\n' >$unit
systemctl -q enable miniupnpd
sh ${SCRIPT} ready
systemctl -q disable miniupnpd
rm $unit`;

/** What a reboot leaves: files, and interfaces as the kernel makes them. */
const FORGET = `cd /run
for one in * .[!.]*; do case $one in etc | units | dev | setup.sh) ;; *) rm -rf "$one" ;; esac; done
nft flush ruleset
for one in $(ip rule | sed -n 's/^\\(71..\\):.*/\\1/p'); do ip rule del pref $one; done
for dev in ens7 ens6; do ip address flush dev $dev; ip link set $dev down; done`;

class Computer {
  #init: ChildProcess | undefined;

  constructor(readonly guests: Guests) {}

  async boot(): Promise<void> {
    const argv = [...this.guests.enter('router'), 'sh', '-c', BOOT];
    this.#init = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
      env: toolEnv(),
      stdio: 'inherit',
    });
    await this.guests.must(
      'router',
      `for try in $(seq 100); do [ ! -S /run/systemd/private ] || exit 0; sleep 0.1; done; exit 1`,
    );
    await this.must(IS_BOOTED);
  }

  /** Among its processes, where systemd listens to nobody else. */
  run(script: string): Promise<Result> {
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', `${this.#init?.pid ?? 0}`], {
      encoding: 'utf8',
    });
    const all = ['--mount', '--net', '--uts', '--ipc', '--cgroup', '--pid'];
    const inside = ['nsenter', '-t', stdout.trim(), ...all, 'sh', '-c', script];
    return finished(
      spawn(inside[0] ?? '', inside.slice(1), { env: toolEnv(), stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  async must(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(script);
    if (code !== 0) throw new Error(`${script.slice(0, 80)}: ${code ?? ''} ${stdout}${stderr.slice(-400)}`);
    return stdout;
  }

  /** As a cable does that is pulled out. */
  async off(): Promise<void> {
    const init = this.#init;
    if (!init) return;
    this.#init = undefined;
    const closed = once(init, 'close');
    init.kill('SIGKILL');
    await closed;
    await this.guests.must('router', END_GROUP);
  }
}

const UNIT = 'labnet-port-control';
const CHECK = `sh ${SCRIPT} check`;

async function answers(t: ExecutionContext, computer: Computer, when: string): Promise<void> {
  const asked = await computer.guests.run('alice', 'natpmpc -g 192.168.1.1 -a 5000 7000 tcp 600');
  t.regex(asked.stdout, /Mapped public port 5000/, `${when}: ${asked.stdout}${asked.stderr}`);
  t.is((await computer.run(CHECK)).code, 0, when);
  t.is((await computer.run(`systemctl is-active ${UNIT}`)).stdout, 'active\n', when);
}

const OPENED = 'sleep 0.5; nft list map ip labnet opened1 | grep elements; :';

unless(noSystemd())('port control is a unit, started anew where it ends, and by every boot', async (t) => {
  const guests = await Guests.of(labOf(PORT_CONTROL));
  const computer = new Computer(guests);
  try {
    await guests.must('router', PREPARE);
    await computer.boot();
    const before = await guests.state('router');
    await computer.must(`sh ${SCRIPT}`);
    await guests.must('alice', `sh ${SCRIPT}`);
    await answers(t, computer, 'applied');
    t.regex(
      (await computer.run(ENABLED)).stderr,
      /^labnet: note: miniupnpd\.service .*: systemctl disable miniupnpd$/m,
    );
    t.is((await computer.run(`sh ${SCRIPT} ready`)).stderr, '');
    t.regex(await computer.must(OPENED), /tcp \. 5000 : 192\.168\.1\.10 \. 7000/);
    await computer.must(`systemctl kill -s KILL --kill-whom=main ${UNIT}`);
    await computer.must(`sleep 1; for try in $(seq 100); do ${CHECK} && exit; sleep 0.1; done; exit 1`);
    t.regex(await computer.must(OPENED), /tcp \. 5000/, 'what was open still is');
    await computer.off();
    await guests.must('router', FORGET);
    await computer.boot();
    t.is(await computer.must(OPENED), '', 'rebooted');
    await answers(t, computer, 'rebooted');
    await computer.must(`sh ${SCRIPT} remove`);
    t.is((await computer.run(`systemctl cat ${UNIT}`)).stdout, '');
    const changed = changes(before, await guests.state('router'));
    t.deepEqual(
      changed.filter((line) => !/^. run\/systemd\//.test(line)),
      [],
      "but for systemd's own",
    );
  } finally {
    await computer.off();
    await guests.end();
  }
});
