/** Ports opened in machines for the time of a run: they answer with the address they see the sender under. */
import { Buffer } from 'node:buffer';
import type { Endpoint } from '../../../../core/dialogue.js';
import { MARK } from '../../../../core/probe.js';
import type { Listener, ListenerState } from '../../../../core/probe.js';
import { SysError } from '../../../../sys/libc.js';
import { acceptOn, closeSocket, listenOn, receive, sendBytes, sockaddr } from '../../../../sys/sockets.js';
import type { Port } from '../../../../sys/poller.js';
import { readMark } from './packets.js';

const answerTo = ({ address, port }: Endpoint): Buffer => Buffer.from(`${MARK} ${address} ${port}\n`);

/** The answer of a listener of labnet; empty if another program answered. */
export function seenFrom(bytes: Buffer): { seenAs?: string } {
  const [mark, address] = bytes.toString('latin1').split(/[ \n]/);
  return mark === MARK && address !== undefined ? { seenAs: address } : {};
}

export type Opened = { readonly state: ListenerState; readonly ports: Port[] };

/** Told of each connection that comes, to be polled too, and of each that goes. */
export type Served = { readonly opened: (port: Port) => void; readonly closed: (port: Port) => void };

export function openListener({ protocol, port }: Listener, served: Served): Opened {
  const ports: Port[] = [];
  for (const family of [4, 6] as const) {
    try {
      const fd = listenOn(protocol, family, port);
      ports.push(protocol === 'udp' ? udpPort(fd) : tcpPort(fd, served));
    } catch (error) {
      const code = error instanceof SysError ? error.code : '';
      // A machine without IPv6 is no failure.
      if (family === 6 && code !== 'EADDRINUSE') continue;
      for (const { fd } of ports) closeSocket(fd);
      return { state: code === 'EADDRINUSE' ? 'in-use' : 'failed', ports: [] };
    }
  }
  return { state: 'open', ports };
}

const answer = (fd: number, to: Endpoint): string | undefined => sendBytes(fd, answerTo(to), sockaddr(to));

const udpPort = (fd: number): Port => ({
  fd,
  wantsWrite: false,
  ready: () => {
    for (let got = receive(fd); got; got = receive(fd)) {
      if (!('error' in got) && readMark(got.bytes)) answer(fd, got.from());
    }
  },
});

const tcpPort = (fd: number, served: Served): Port => ({
  fd,
  wantsWrite: false,
  ready: () => {
    for (let next = acceptOn(fd); next; next = acceptOn(fd))
      served.opened(connection(next.fd, next.peer, served));
  },
});

function connection(fd: number, peer: Endpoint, { closed }: Served): Port {
  const port: Port = {
    fd,
    wantsWrite: false,
    ready: () => {
      const got = receive(fd);
      if (!got) return;
      if ('error' in got || got.bytes.length === 0) closed(port);
      else if (readMark(got.bytes)) sendBytes(fd, answerTo(peer));
    },
  };
  return port;
}
