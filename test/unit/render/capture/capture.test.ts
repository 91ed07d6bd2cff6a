/** Files of captured packets: read as they come, written so that others read them, in the order of time. */
import test from 'ava';
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { Merge } from '../../../../src/render/capture/merge.js';
import { pcapHeader, pcapRecord, PcapReader } from '../../../../src/render/capture/pcap.js';
import {
  interfaceBlock,
  packetBlock,
  sectionBlock,
  statisticsBlock,
} from '../../../../src/render/capture/pcapng.js';
import { toolEnv } from '../../../../src/sys/tools.js';
import { readPcapng } from '../../../helpers/pcapng.js';

const ETHERNET = { linkType: 1, snapLength: 262_144 };
/** An ARP request, as long as it is; and one byte more, which has to be padded. */
const FRAME = Buffer.from(
  'ffffffffffff02000000000108060001080006040001020000000001c0a80a64000000000000c0a80a0a',
  'hex',
);
const packet = (time: bigint, data = FRAME, length = data.length) => ({ time, data, length });
const T0 = 1_700_000_000_123_456_000n;

test('a pcap is read whatever pieces it comes in', (t) => {
  const packets = [
    packet(T0),
    packet(T0 + 1000n, Buffer.concat([FRAME, FRAME]), 9000),
    packet(T0 + 2000n, Buffer.alloc(0), 60),
  ];
  const whole = Buffer.concat([pcapHeader(ETHERNET), ...packets.map(pcapRecord)]);
  for (let size = 1; size <= whole.length; size += 7) {
    const reader = new PcapReader();
    const found = [];
    for (let at = 0; at < whole.length; at += size) found.push(...reader.push(whole.subarray(at, at + size)));
    t.deepEqual(reader.header, ETHERNET);
    t.deepEqual(
      found.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data) })),
      packets,
    );
  }
});

test('big-endian and nanosecond files are read', (t) => {
  const bytes = Buffer.alloc(24 + 16 + 1);
  bytes.writeUInt32BE(0xa1b23c4d, 0);
  bytes.writeUInt32BE(65_535, 16);
  bytes.writeUInt32BE(276, 20);
  [1, 999_999_999, 1, 1500].forEach((value, index) => bytes.writeUInt32BE(value, 24 + 4 * index));
  const reader = new PcapReader();
  t.deepEqual(reader.push(bytes), [{ time: 1_999_999_999n, length: 1500, data: Buffer.alloc(1) }]);
  t.deepEqual(reader.header, { linkType: 276, snapLength: 65_535 });
});

test('what is no pcap, and a packet longer than any, are refused', (t) => {
  t.throws(() => new PcapReader().push(Buffer.from('tcpdump: command not found, and so on')), {
    message: 'not a pcap',
  });
  const record = pcapRecord(packet(T0));
  record.writeUInt32LE(0xffffffff, 8);
  t.throws(() => new PcapReader().push(Buffer.concat([pcapHeader(ETHERNET), record])), { message: /bytes/ });
});

const place = (name: string, filter = '') =>
  interfaceBlock({ ...ETHERNET, name, description: `${name} of x`, filter });

const FILE = Buffer.concat([
  sectionBlock('labnet'),
  place('a:lan', 'arp'),
  place('b:lan'),
  packetBlock(1, packet(T0)),
  packetBlock(0, packet(T0 + 1n, FRAME.subarray(0, 41), 42)),
  statisticsBlock(0, T0 + 2n, 7, 3),
]);

test('a pcapng says where each packet was seen, and when', (t) => {
  const { interfaces, packets, statistics } = readPcapng(FILE);
  t.deepEqual(interfaces, [
    { name: 'a:lan', linkType: 1, filter: 'arp' },
    { name: 'b:lan', linkType: 1, filter: '' },
  ]);
  t.deepEqual(packets, [
    { interface: 1, time: T0, length: 42, data: FRAME },
    { interface: 0, time: T0 + 1n, length: 42, data: Buffer.from(FRAME.subarray(0, 41)) },
  ]);
  t.deepEqual(statistics, [{ interface: 0, received: 7n, dropped: 3n }]);
});

test('tcpdump reads it too', (t) => {
  const { stdout, stderr } = spawnSync('tcpdump', ['-n', '-tt', '-r', '-'], {
    input: FILE,
    env: toolEnv(),
    timeout: 20_000,
    encoding: 'utf8',
  });
  t.is(stdout.split('\n').filter((line) => /ARP|arp/.test(line)).length, 2, stderr);
  t.regex(stdout, /^1700000000\.123456/);
});

test('packets of several places are put in order, and wait no longer than the window', (t) => {
  const merge = new Merge<{ time: bigint; at: string }>(200);
  merge.add(
    [
      { time: 5n, at: 'a' },
      { time: 9n, at: 'a' },
    ],
    0,
  );
  t.deepEqual(merge.take(100), []);
  merge.add(
    [
      { time: 4n, at: 'b' },
      { time: 6n, at: 'b' },
      { time: 10n, at: 'b' },
    ],
    150,
  );
  t.deepEqual(
    merge.take(200).map(({ time }) => time),
    [4n, 5n, 6n, 9n],
  );
  t.is(merge.size, 1);
  t.deepEqual(
    merge.take().map(({ time }) => time),
    [10n],
  );
  t.is(merge.size, 0);
});
