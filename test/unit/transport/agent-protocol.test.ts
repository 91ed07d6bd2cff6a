/** What agents say, as it comes over a connection: in pieces, and now and then nonsense. */
import test from 'ava';
import { Buffer } from 'node:buffer';
import type { AgentMessage } from '../../../src/transport/agent-protocol.js';
import { AgentReader, ProtocolError } from '../../../src/transport/agent-protocol.js';
import { printed } from '../../helpers/topologies.js';

test('what comes in any pieces is read as what was sent', (t) => {
  const sent = Buffer.from('listener 0 open\nready\ncaptured 8 1 -\nbye\nx\u00e9y\nbye\n', 'latin1');
  const readBy = (size: number): AgentMessage[] => {
    const reader = new AgentReader('a');
    const pieces = Array.from({ length: Math.ceil(sent.length / size) }, (_, index) =>
      sent.subarray(index * size, (index + 1) * size),
    );
    return pieces.flatMap((piece) => [...reader.read(piece)]);
  };
  const whole: AgentMessage[] = [
    { kind: 'listener', index: 0, state: 'open' },
    { kind: 'ready' },
    { kind: 'captured', output: printed('bye\nx\u00e9y\n'), isComplete: true },
    { kind: 'bye' },
  ];
  for (const size of [1, 2, 7, sent.length]) t.deepEqual(readBy(size), whole);
});

test('what is no answer of an agent is refused', (t) => {
  const refused = [
    'hello',
    'reply 0 maybe - 1 - -',
    'result x 1',
    'listener 0 ajar',
    'captured 999999999999 1 -',
  ];
  for (const line of refused)
    t.throws(
      () => [...new AgentReader('a').read(Buffer.from(`${line}\n`))],
      { instanceOf: ProtocolError },
      line,
    );
  t.throws(() => [...new AgentReader('a').read(Buffer.alloc(5000, 'x'))], { instanceOf: ProtocolError });
});
