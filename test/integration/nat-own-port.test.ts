/** Ports of a NAT router's own, for programs that run on it: shut to what nobody asked for, unless the file opens them. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import { FAR, masquerade, natLab, NEAR, PLACES, PUBLIC, topology6 } from '../helpers/nat-lab.js';
import { call, moment, reach, send } from '../helpers/nat-peer.js';

guardMachine(test);

const SERVICE = { address: PUBLIC, port: 3478 };
const toItself = (forward: string, to = 'router') => ({ forward, via: 'internet', to });

/** One whose rules are iptables', one whose rules are nftables', and one that keeps an address and a port of every mapping. */
for (const preset of ['symmetric', 'home-router', 'full-cone']) {
  test(`${preset}: an open port of the router's own is reached, another is not`, async (t) => {
    const lab = await natLab(t, [masquerade({ preset }), toItself('udp/3478'), toItself('tcp/8443')]);
    t.deepEqual(await lab.complaints(), []);
    const [router, near] = [lab.peer('router'), lab.peer('near')];
    const service = await router.udp(SERVICE.port);
    const client = await near.udp(6001, NEAR);
    t.deepEqual(await reach(client, service, SERVICE), client.at, 'it sees who asks');
    t.deepEqual(await reach(service, client), SERVICE, 'and answers by that port');
    const listener = await router.listen(8443);
    t.true(
      (await call({ peer: near, at: { address: NEAR, port: 6002 } }, listener, { ...SERVICE, port: 8443 }))
        .isUp,
    );
    const shut = await router.udp(3479);
    const unasked = await send(client, { ...SERVICE, port: 3479 });
    await moment();
    t.is(shut.peer.heard(unasked), undefined);
  });

  test(`${preset}: a host that uses the same port gets another one, and both are reached`, async (t) => {
    const lab = await natLab(t, [masquerade({ preset }), toItself('udp/3478')]);
    const [near, far] = [lab.peer('near'), lab.peer('far')];
    const [place, stranger] = [await near.udp(6001, NEAR), await far.udp(6001, FAR)];
    const door = await reach(await lab.peer('a').udp(SERVICE.port), place);
    t.is(door?.address, PUBLIC);
    t.not(door?.port, SERVICE.port);
    const service = await lab.peer('router').udp(SERVICE.port);
    t.deepEqual(await reach(stranger, service, SERVICE), stranger.at);
    t.deepEqual(await reach(await lab.peer('a').udp(5001), service, SERVICE), {
      address: '192.168.1.2',
      port: 5001,
    });
  });

  test(`${preset}: it may lead to another port`, async (t) => {
    const lab = await natLab(t, [masquerade({ preset }), toItself('udp/5000-5001', 'router:6000')]);
    t.deepEqual(await lab.complaints(), []);
    const router = lab.peer('router');
    const client = await lab.peer('near').udp(6001, NEAR);
    const moved = await router.udp(6001);
    t.deepEqual(await reach(client, moved, { address: PUBLIC, port: 5001 }), client.at);
    const past = await send(client, { address: PUBLIC, port: 6001 });
    await moment();
    t.is(router.heard(past), undefined, 'the port that it leads to is not open itself');
  });
}

test('nat66: the port is open in IPv6 too', async (t) => {
  const at = PLACES[6];
  const both = ({ name }: { readonly name: string }) => {
    const six = topology6(name, [{ nat66: 'home', via: 'internet' }, toItself('udp/3478')]);
    const { router } = six.routers;
    return {
      ...six,
      segments: { ...six.segments, internet: { subnet: '203.0.113.0/24', subnet6: '2001:db8::/64' } },
      hosts: {
        ...six.hosts,
        near: { internet: { address6: at.near } },
        far: { internet: { address6: at.far } },
      },
      routers: {
        router: {
          ...router,
          interfaces: { home: 'fd00::1', internet: { address: PUBLIC, address6: at.public } },
        },
      },
    };
  };
  const lab = await natLab(t, [], both);
  t.deepEqual(await lab.complaints(), []);
  const client = await lab.peer('near').udp(6001, at.near);
  const router = lab.peer('router');
  const service = await router.udp(3478, at.any);
  t.deepEqual(await reach(client, service, { address: at.public, port: 3478 }), client.at);
  const shut = await router.udp(3479, at.any);
  const unasked = await send(client, { address: at.public, port: 3479 });
  await moment();
  t.is(shut.peer.heard(unasked), undefined);
});
