/** What ping(8) writes, to a series: a row for each packet, in the order they were sent. */
import test from 'ava';
import { Pings } from '../../../../src/apply/run/pings.js';

const BEGAN = 1_700_000_000_000;

function read(...pieces: readonly string[]) {
  const rows: string[] = [];
  const pings = new Pings(
    100,
    (time) => time - BEGAN,
    (row) => rows.push(row.trimEnd()),
  );
  for (const piece of pieces) pings.read(piece);
  const before = [...rows];
  const { measured, detail } = pings.done();
  return { before, rows, measured, detail };
}

const at = (milliseconds: number): string => `[${((BEGAN + milliseconds) / 1_000).toFixed(6)}]`;
const answer = (sent: number, sequence: number, rtt: number, more = ''): string =>
  `${at(sent + rtt)} 64 bytes from 10.0.0.1: icmp_seq=${sequence} ttl=63 time=${rtt} ms${more}\n`;
const none = (sent: number, sequence: number): string =>
  `${at(sent + 100)} no answer yet for icmp_seq=${sequence}\n`;

test('an answer that takes longer than the next packet is one row, not two', (t) => {
  const { rows, measured } = read(
    none(0, 1) + none(100, 2) + none(200, 3),
    answer(0, 1, 540) + none(300, 4),
    answer(100, 2, 541),
    answer(200, 3, 542),
  );
  t.deepEqual(rows, ['0.000,1,540', '100.000,2,541', '200.000,3,542', '300.000,4,']);
  t.deepEqual(measured?.['loss']?.values, [25]);
});

test('rows of what has no answer come when there will be none, in their order', (t) => {
  const { before, rows } = read(answer(0, 1, 1), none(100, 2), answer(200, 3, 1), none(5_150, 4));
  t.deepEqual(before, ['0.000,1,1', '100.000,2,', '200.000,3,1']);
  t.deepEqual(rows, [...before, '5150.000,4,']);
});

test('lines in pieces, packets that come twice, and what else ping says', (t) => {
  const [head, tail] = [answer(0, 1, 2).slice(0, 30), answer(0, 1, 2).slice(30)];
  const { rows, detail } = read(
    'PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.\n' + head,
    tail,
    answer(0, 1, 9, ' (DUP!)'),
    'From 10.0.0.254 icmp_seq=2 Destination Host Unreachable\n',
  );
  t.deepEqual(rows, ['0.000,1,2']);
  t.is(detail, '1 value, 1 answered');
});
