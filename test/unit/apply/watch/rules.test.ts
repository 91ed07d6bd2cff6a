import test from 'ava';
import { placedListed, placedSaved } from '../../../../src/apply/watch/rules.js';
import { read } from '../../../helpers/topologies.js';

test('rules of iptables-save are counted within their chains', (t) => {
  const text = `*nat
:PREROUTING ACCEPT [0:0]
[5:300] -A PREROUTING -j LABNET-DNAT
[1:60] -A LABNET-DNAT -d 100.100.100.100/32 -j DNAT --to-destination 192.168.10.100
[2:120] -A LABNET-DNAT -d 100.100.100.200/32 -j DNAT --to-destination 172.168.10.100
COMMIT
*filter
[0:0] -A PREROUTING -j ACCEPT
COMMIT
`;
  t.deepEqual(
    [...placedSaved(text, 'ip6')].map(([{ packets }, place]) => [place, packets]),
    [
      ['ip6/nat/PREROUTING/1', 5],
      ['ip6/nat/LABNET-DNAT/1', 1],
      ['ip6/nat/LABNET-DNAT/2', 2],
      ['ip6/filter/PREROUTING/1', 0],
    ],
  );
});

test('of a real router each has a place of its own', (t) => {
  const places = [...placedSaved(read('test/recorded/iptables-save-router.txt'), 'ip').values()];
  t.true(places.length > 5);
  t.is(new Set(places).size, places.length);
});

test("rules of labnet's own table are known by their handles, which are no part of their text", (t) => {
  const text = `table ip labnet { # handle 3
	chain outside { # handle 2
		ip daddr 203.0.113.11 counter packets 7 bytes 420 drop comment "lab.yaml:9 closed" # handle 41
		ip daddr 203.0.113.12 drop # handle 42
	}
}
`;
  t.deepEqual(
    [...placedListed(text, 'ip')],
    [[{ rule: 'ip daddr 203.0.113.11 drop comment "lab.yaml:9 closed"', packets: 7, bytes: 420 }, 'ip#41']],
  );
});
