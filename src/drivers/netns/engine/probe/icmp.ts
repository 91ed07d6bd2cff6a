/** Pings: one raw socket a machine and family, shared by all its probes. */
import {
  closeSocket,
  forbidFragments,
  openSocket,
  receive,
  sendBytes,
  setHopLimit,
  setReceiveBuffer,
  sockaddr,
} from '../../../../sys/sockets.js';
import type { Port } from '../../../../sys/poller.js';
import type { Flight, Sender } from './flight.js';
import { echoRequest, readIcmp } from './packets.js';

const DEFAULT_HOPS = 64;
const RECEIVE_BUFFER = 1 << 20;

export class IcmpPort implements Port {
  readonly wantsWrite = false;
  readonly fd: number;
  readonly #flights = new Map<number, Flight>();

  constructor(
    readonly family: 4 | 6,
    readonly run: number,
  ) {
    this.fd = openSocket('icmp', family);
    setReceiveBuffer(this.fd, RECEIVE_BUFFER);
  }

  sender(flight: Flight): Sender {
    const { id, to, ttl, size } = flight.probe;
    this.#flights.set(id, flight);
    const address = sockaddr({ address: to, port: 0 });
    return {
      send: (sequence) => {
        if (ttl !== undefined) setHopLimit(this.fd, this.family, ttl);
        if (size !== undefined) forbidFragments(this.fd, this.family, true);
        const request = echoRequest(this.family, { run: this.run, id, sequence }, size);
        const error = sendBytes(this.fd, request, address);
        if (size !== undefined) forbidFragments(this.fd, this.family, false);
        if (ttl !== undefined) setHopLimit(this.fd, this.family, DEFAULT_HOPS);
        return error;
      },
      // An answer that comes too late is still one.
      close: () => {
        if (flight.isAnswered) this.#flights.delete(id);
      },
    };
  }

  ready(now: number): void {
    for (let got = receive(this.fd); got; got = receive(this.fd)) {
      if ('error' in got) continue;
      const found = readIcmp(this.family, got.bytes, got.from().address);
      if (found?.mark.run !== this.run) continue;
      const { mark, ...reply } = found;
      this.#flights.get(mark.id)?.add(mark.sequence, now, reply);
    }
  }

  close(): void {
    closeSocket(this.fd);
  }
}
