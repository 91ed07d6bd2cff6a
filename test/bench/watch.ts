/**
 * What `labnet watch` costs: processor time of it and all that it starts, while a page listens to a lab of 100 hosts (or as many as
 * asked for), at rest and with every host sending.
 *
 *   node dist/test/bench/watch.js [HOSTS] [SECONDS] [--user]
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished, World } from '../helpers/cli.js';
import type { WireTick } from '../../src/page/wire.js';
import type { LabModel } from '../../src/index.js';
import { validate } from '../../src/index.js';
import { wanName, wanTopology } from './wan.js';

/** USER_HZ, in which /proc/PID/stat counts (proc_pid_stat(5)). */
const TICKS = 100;
/** Echo requests a second of each host. */
const RATE = 5;

const numbers = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const [hosts = 100, seconds = 20] = numbers.map(Number);
const world = new World(process.argv.includes('--user') ? 'user' : 'self');

/** Clock ticks of a process, its threads and children. */
function spentBy(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  // Its own time, that of children that have ended, and that of those that have not.
  const own = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return children.reduce((sum, child) => sum + spentBy(child), own);
}

/** Listens as a page does; what it has heard by now. */
function listen(url: string): { readonly ticks: number[]; changed: number; readonly close: () => void } {
  const heard = { ticks: [] as number[], changed: 0, close: () => void asked.destroy() };
  const { port, pathname, searchParams } = new URL(url);
  const headers = { authorization: `Bearer ${searchParams.get('token') ?? ''}` };
  let text = '';
  const asked = request({ host: '127.0.0.1', port, path: `${pathname}events`, headers }, (response) => {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (text + chunk).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts.filter((one) => one.startsWith('event: tick'))) {
        heard.ticks.push(performance.now());
        heard.changed += (JSON.parse(part.slice(part.indexOf('data: ') + 6)) as WireTick).interfaces.length;
      }
    });
    response.on('error', () => undefined);
  });
  asked.on('error', () => undefined).end();
  return heard;
}

async function measure(pid: number, url: string, name: string): Promise<void> {
  const heard = listen(url);
  await sleep(3_000);
  const [before, started, first, changed] = [
    spentBy(pid),
    performance.now(),
    heard.ticks.length,
    heard.changed,
  ];
  await sleep(seconds * 1000);
  const took = (performance.now() - started) / 1000;
  const spent = (spentBy(pid) - before) / TICKS;
  const ticks = heard.ticks.slice(first);
  const gaps = ticks.slice(1).map((time, index) => time - (ticks[index] ?? time));
  const facts = [
    `${((100 * spent) / took).toFixed(1)} % of one core (${spent.toFixed(2)} s in ${took.toFixed(1)} s)`,
    `${(ticks.length / took).toFixed(2)} updates/s, at most ${Math.max(...gaps).toFixed(0)} ms apart`,
    `${((heard.changed - changed) / ticks.length).toFixed(0)} interfaces changed in each`,
  ];
  console.log(`${wanName(hosts)} (${world.who}), ${name}: ${facts.join('; ')}`);
  heard.close();
}

/** Every host sends to one of another site. */
async function traffic(): Promise<void> {
  const { lab } = await checked();
  const published = new Map(
    lab.machines.flatMap(({ nat }) =>
      nat.flatMap((one) => (one.kind === 'static' ? [[one.inside.machine, one.public] as const] : [])),
    ),
  );
  const names = [...published.keys()];
  const send = `setsid ping -q -i ${1 / RATE} -w ${seconds + 60} "$0" >/dev/null 2>&1 &`;
  for (const [index, name] of names.entries()) {
    const to = published.get(names[(index + 37) % names.length] ?? '') ?? '';
    await world.run('exec', name, '--', 'sh', '-c', send, to);
  }
}

async function checked(): Promise<{ readonly lab: LabModel }> {
  const { lab } = await validate(file);
  if (!lab) throw new Error('the topology has errors');
  return { lab };
}

const folder = mkdtempSync(join(tmpdir(), 'labnet-bench-'));
chmodSync(folder, 0o755);
const file = join(folder, 'wan.yaml');
writeFileSync(file, wanTopology(hosts));
const { code, stderr } = await world.run('up', file);
if (code !== 0) throw new Error(stderr);
const child = world.start('watch', '--json');
const end = finished(child);
try {
  const said = await new Promise<string>((resolve) => child.stdout?.once('data', resolve));
  const { url } = JSON.parse(said) as { url: string };
  await measure(child.pid ?? 0, url, 'at rest');
  await traffic();
  await measure(child.pid ?? 0, url, `each host sends ${RATE} packets/s`);
} finally {
  child.kill('SIGINT');
  await end;
  await world.end();
  rmSync(folder, { recursive: true, force: true });
}
