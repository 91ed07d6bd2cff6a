import test from 'ava';
import { countRefused } from '../../../src/drivers/netns/refused-neighbours.js';

/** Of Linux 6.18 with two processors, while its table was full. */
const ARP = `entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls
0000675b 002fa29d 002cb368 0000000d   003dca9a 0000de7a 0000007b   00000000         00000000         00000772         000000ad       00000000            000000ad
0000675b 002a9c54 002d242e 00000000   00383656 0000fd4f 0000007b   00000000         00000000         00000000         0000004e       00000000            0000004d
`;

test('what the kernel refused is counted over all processors', (t) => {
  t.is(countRefused(ARP), 0xad + 0x4d);
  t.is(countRefused('entries  allocs\n00000001 00000002\n'), 0, 'some kernels do not count it');
  t.is(countRefused(''), 0);
});
