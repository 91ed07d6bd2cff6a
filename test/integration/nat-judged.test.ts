/** A NAT that somebody has broken by hand does not pass: `labnet verify` says what is wrong, in RFC 4787's words. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import type { Nat } from '../helpers/nat-lab.js';
import { INSIDE, masquerade, must, natLab, PUBLIC } from '../helpers/nat-lab.js';

guardMachine(test);

type Breach = {
  readonly name: string;
  readonly nat: Nat;
  /** What is done to the router. */
  readonly script: string;
  /** What of it is said. */
  readonly said: readonly RegExp[];
  /** What is not, as it still behaves. */
  readonly unsaid?: RegExp;
};

const IPTABLES = 'iptables -t nat -A POSTROUTING -o eth1 -s 192.168.1.0/24';
const BREACHES: readonly Breach[] = [
  {
    name: 'a filter that lets all in',
    nat: { filtering: 'address-dependent' },
    script: 'nft flush chain ip labnet inward1',
    said: [
      /udp filtering: endpoint-independent instead of address-dependent/,
      /tcp filtering: endpoint-independent instead of address-dependent/,
    ],
    unsaid: /mapping:/,
  },
  {
    name: 'a full cone that lets nobody in',
    nat: { preset: 'full-cone' },
    script: 'nft flush chain ip labnet dstnat1',
    said: [
      /udp filtering: address-and-port-dependent instead of endpoint-independent/,
      /hairpin: no instead of yes/,
    ],
  },
  {
    name: 'a full cone for UDP alone',
    nat: { preset: 'full-cone' },
    script: 'nft insert rule ip labnet dstnat1 meta l4proto tcp accept',
    said: [/tcp filtering: address-and-port-dependent instead of endpoint-independent/],
    unsaid: /udp/,
  },
  {
    name: "netfilter's MASQUERADE --random instead of a home router",
    nat: {},
    script: `nft delete table ip labnet && ${IPTABLES} -j MASQUERADE --random`,
    said: [
      /udp mapping: address-and-port-dependent instead of endpoint-independent/,
      /tcp mapping: address-and-port-dependent instead of endpoint-independent/,
      /ports: random instead of preserve/,
    ],
    unsaid: /filtering:/,
  },
  {
    name: "netfilter's MASQUERADE instead of a symmetric NAT",
    nat: { preset: 'symmetric' },
    script: `iptables -t nat -F LABNET-SNAT && ${IPTABLES} -j MASQUERADE`,
    said: [
      /udp mapping: endpoint-independent instead of address-and-port-dependent/,
      /ports: preserve .*instead of random/,
    ],
  },
  {
    name: 'a full cone of which only one host has a part',
    nat: { preset: 'full-cone', hairpin: false },
    script: `nft flush chain ip labnet dstnat1 && nft add rule ip labnet dstnat1 iifname eth1 ip daddr ${PUBLIC} dnat to ${INSIDE.a}`,
    said: [/not the same for every host/],
  },
  {
    name: 'a hairpin under the inside address',
    nat: { preset: 'full-cone' },
    script: 'nft flush chain ip labnet srcnat1 && nft add rule ip labnet srcnat1 oifname eth1 goto outward1',
    said: [/hairpin: reached, but seen as 192\.168\.1\.\d+:\d+, the inside address/],
  },
  {
    name: 'no translation at all',
    nat: { preset: 'port-restricted-cone' },
    script: 'nft delete table ip labnet',
    said: [/udp address: 192\.168\.1\.2 instead of 203\.0\.113\.254/, /tcp address: /],
  },
  {
    name: 'ports that are kept instead of counted up',
    nat: { ports: 'sequential' },
    script: `nft flush chain ip labnet new1 && nft add rule ip labnet new1 snat to ${PUBLIC}`,
    said: [/ports: preserve .*instead of sequential/],
    unsaid: /mapping:|filtering:/,
  },
  {
    name: 'ports outside of blocks',
    nat: { preset: 'carrier-grade' },
    script: `nft flush chain ip labnet outward1 && nft add rule ip labnet outward1 snat to ${PUBLIC}`,
    said: [/ports: .*instead of blocks/],
  },
  {
    name: 'a pool that hosts have no address of their own of',
    nat: { public: '203.0.113.20-203.0.113.21' },
    script:
      "nft flush chain ip labnet outward1 && nft 'add rule ip labnet outward1 numgen inc mod 2 vmap { 0 : goto new1_1, 1 : goto new1_2 }'",
    said: [/pooling: arbitrary instead of paired/],
  },
  {
    name: 'another timeout',
    nat: { timeouts: { udp: '40s' } },
    script: 'sysctl -qw net.netfilter.nf_conntrack_udp_timeout=7',
    said: [/timeouts: 7 s instead of udp_timeout 40 s/],
    unsaid: /udp (mapping|filtering)/,
  },
];

for (const { name, nat, script, said, unsaid } of BREACHES)
  test(name, async (t) => {
    const lab = await natLab(t, [masquerade(nat)]);
    const judge = async () => (await lab.lab.verify()).verdicts.find(({ id }) => id === 'nat/router');
    t.is((await judge())?.status, 'pass', 'before');
    await must(t, lab.sh('router', script));
    const verdict = await judge();
    t.not(verdict?.status, 'pass', verdict?.observed);
    for (const one of said) t.regex(verdict?.observed ?? '', one);
    if (unsaid) t.notRegex(verdict?.observed ?? '', unsaid);
  });

test('on the command line: it ends with 1, and says what the NAT is instead', async (t) => {
  const { lab, world, sh } = await natLab(t, [masquerade({ preset: 'full-cone' })]);
  await must(t, sh('router', 'nft flush chain ip labnet dstnat1'));
  const { code, stdout, stderr } = await world.run('verify', lab.name);
  const said = stdout + stderr;
  t.is(code, 1, said);
  t.regex(said, /✗ router is full-cone: endpoint-independent mapping/);
  t.regex(said, /udp filtering: address-and-port-dependent instead of endpoint-independent/);
  t.regex(said, /✓ a reaches its gateway/);
});
