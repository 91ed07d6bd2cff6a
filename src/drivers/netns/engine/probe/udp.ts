/** UDP probes: a connected socket each, so that ICMP errors come back as its errors (udp(7)). */
import {
  closeSocket,
  connectTo,
  forbidFragments,
  openSocket,
  receive,
  sendBytes,
  setHopLimit,
} from '../../../../sys/sockets.js';
import type { Flight, Sender } from './flight.js';
import { seenFrom } from './listener.js';
import { datagram } from './packets.js';

export function udpSender(flight: Flight, family: 4 | 6, run: number): Sender {
  const { id, to, port = 0, ttl, size } = flight.probe;
  const fd = openSocket('udp', family);
  if (ttl !== undefined) setHopLimit(fd, family, ttl);
  if (size !== undefined) forbidFragments(fd, family, true);
  const noRoute = connectTo(fd, { address: to, port });
  const ready = (now: number): void => {
    for (let got = receive(fd); got; got = receive(fd)) {
      const sequence = flight.sent - 1;
      if ('error' in got) {
        flight.add(
          sequence,
          now,
          got.error === 'ECONNREFUSED'
            ? { kind: 'refused', from: to }
            : { kind: 'unreachable', from: '', detail: got.error },
        );
      } else flight.add(sequence, now, { kind: 'answer', from: to, ...seenFrom(got.bytes) });
    }
  };
  return {
    port: { fd, wantsWrite: false, ready },
    send: (sequence) => noRoute ?? sendBytes(fd, datagram(family, { run, id, sequence }, size)),
    close: () => closeSocket(fd),
  };
}
