/**
 * `ports.js ROUNDS`, to be run as root of a network namespace of its own: gives its bridge a port, to a host in another namespace,
 * so many times, and prints how often that answers the first packet that is sent to it as soon as the port is said to run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { address, cidr } from '../../src/core/ip.js';
import { Prober } from '../../src/drivers/netns/engine/probe/prober.js';
import { untilPortsRun } from '../../src/drivers/netns/engine/running.js';
import { CLONE, enter, returnAfter } from '../../src/sys/namespaces.js';
import { Batch } from '../../src/sys/netlink/message.js';
import {
  addAddress,
  addBridge,
  addNeighbour,
  addVeth,
  removeLink,
  setUp,
} from '../../src/sys/netlink/route.js';
import { NetlinkSocket } from '../../src/sys/netlink/socket.js';
import { toolEnv } from '../../src/sys/tools.js';

const BRIDGE = 16;
const PORT = 17;
const HOST = 18;
const BRIDGE_ADDRESS = '10.0.0.1';
const HOST_ADDRESS = '10.0.0.2';
const MAC = '02:00:00:00:00:02';
/** Less than after which an ARP request is sent again (arp(7)); milliseconds. */
const WAIT = 900;
const rounds = Number(process.argv[2]);

const elsewhere = spawn('unshare', ['--net', '--', 'sh', '-c', 'echo there && exec sleep 120'], {
  env: toolEnv(),
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(elsewhere.stdout, 'data');
const path = `/proc/${elsewhere.pid ?? 0}/ns/net`;
const namespace = openSync(path, 'r');
const there = returnAfter(() => {
  enter(path, CLONE.NEWNET);
  return new NetlinkSocket();
});
const here = new NetlinkSocket();

function send(socket: NetlinkSocket, fill: (batch: Batch) => void): void {
  const batch = new Batch();
  fill(batch);
  const [refused] = socket.send(batch);
  if (refused) throw new Error(refused.code);
}

send(here, (batch) => {
  addBridge(batch, BRIDGE, 'bridge');
  const own = cidr(`${BRIDGE_ADDRESS}/24`);
  addAddress(batch, BRIDGE, own.address, own.prefix);
  addNeighbour(batch, BRIDGE, address(HOST_ADDRESS), MAC);
});
/** Probes are sent from here. */
const prober = new Prober(() => undefined, 1, 1);
const ping = {
  machine: 'bridge',
  protocol: 'icmp',
  to: HOST_ADDRESS,
  count: 1,
  interval: 0,
  wait: WAIT,
} as const;

async function isAnswered(id: number): Promise<boolean> {
  const names = { name: 'port', peer: { index: HOST, name: 'host', mac: MAC, namespace } };
  send(here, (batch) => addVeth(batch, { index: PORT, master: BRIDGE, mtu: undefined, ...names }));
  send(there, (batch) => {
    const own = cidr(`${HOST_ADDRESS}/24`);
    addAddress(batch, HOST, own.address, own.prefix);
    setUp(batch, HOST);
  });
  await untilPortsRun(here);
  const [result] = await prober.probe([{ ...ping, id }]);
  send(here, (batch) => removeLink(batch, PORT));
  return (result?.replies.length ?? 0) > 0;
}

let answered = 0;
for (let round = 0; round < rounds; round++) if (await isAnswered(round)) answered++;
console.log(answered);
prober.close();
here.close();
there.close();
elsewhere.kill('SIGKILL');
