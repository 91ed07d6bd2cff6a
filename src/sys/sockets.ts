/** Sockets by system call, as node cannot open raw ones, or any in another namespace (socket(2), ip(7)). */
import { Buffer } from 'node:buffer';
import type { Endpoint } from '../core/dialogue.js';
import { address as read, formatAddress } from '../core/ip.js';
import { closeDescriptor, own } from './descriptors.js';
import { attempt, call, errnoName, lastError } from './libc.js';
import { addressBytes, readAddress } from './netlink/route.js';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, NONBLOCK: 0x800, CLOEXEC: 0x80000 } as const;
const IPPROTO = { IP: 0, ICMP: 1, TCP: 6, IPV6: 41, ICMPV6: 58 } as const;
const SOL_SOCKET = 1;
const SO = { REUSEADDR: 2, ERROR: 4, RCVBUF: 8, LINGER: 13, REUSEPORT: 15 } as const;
const IP_TTL = 2;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
/** IP_PMTUDISC_WANT, IP_PMTUDISC_PROBE: DF is set with both; the second ignores the known path MTU. */
const PMTUDISC = { WANT: 1, PROBE: 3 } as const;
const IPV6_UNICAST_HOPS = 16;
const IPV6_V6ONLY = 26;
const MSG_NOSIGNAL = 0x4000;
const BACKLOG = 64;

export type SocketKind = 'icmp' | 'tcp' | 'udp';

/** A non-blocking socket in the namespace the thread is in. */
export function openSocket(kind: SocketKind, family: 4 | 6): number {
  const type = { icmp: SOCK.RAW, tcp: SOCK.STREAM, udp: SOCK.DGRAM }[kind];
  const protocol = kind === 'icmp' ? (family === 4 ? IPPROTO.ICMP : IPPROTO.ICMPV6) : 0;
  return own(
    call('socket', family === 4 ? AF_INET : AF_INET6, type | SOCK.NONBLOCK | SOCK.CLOEXEC, protocol),
  );
}

export const closeSocket = closeDescriptor;

/** struct sockaddr_in or sockaddr_in6 */
export function sockaddr({ address, port }: Endpoint): Buffer {
  const parsed = read(address);
  const bytes = Buffer.alloc(parsed.family === 4 ? 16 : 28);
  bytes.writeUInt16LE(parsed.family === 4 ? AF_INET : AF_INET6);
  bytes.writeUInt16BE(port, 2);
  bytes.set(addressBytes(parsed), parsed.family === 4 ? 4 : 8);
  return bytes;
}

function readSockaddr(bytes: Buffer): Endpoint {
  const isIpv6 = bytes.readUInt16LE() === AF_INET6;
  return {
    address: formatAddress(readAddress(isIpv6 ? bytes.subarray(8, 24) : bytes.subarray(4, 8))),
    port: bytes.readUInt16BE(2),
  };
}

function setOption(fd: number, level: number, option: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  call('setsockopt', fd, level, option, bytes, 4);
}

export function setHopLimit(fd: number, family: 4 | 6, hops: number): void {
  if (family === 4) setOption(fd, IPPROTO.IP, IP_TTL, hops);
  else setOption(fd, IPPROTO.IPV6, IPV6_UNICAST_HOPS, hops);
}

/** Forbids fragmentation, and ignores the path MTU known to the kernel (ip(7)). */
export function forbidFragments(fd: number, family: 4 | 6, isForbidden: boolean): void {
  const value = isForbidden ? PMTUDISC.PROBE : PMTUDISC.WANT;
  if (family === 4) setOption(fd, IPPROTO.IP, IP_MTU_DISCOVER, value);
  else setOption(fd, IPPROTO.IPV6, IPV6_MTU_DISCOVER, value);
}

const TCP = { REPAIR: 19, REPAIR_QUEUE: 20, QUEUE_SEQ: 21 } as const;
const TCP_SEND_QUEUE = 2;
const REPAIR = { ON: 1, OFF_NO_WINDOW_PROBE: -1 } as const;

/** Sets the initial sequence number of a connection before it is opened (linux/tcp.h, TCP_REPAIR); NAT does not change it. */
export function setInitialSequence(fd: number, sequence: number): void {
  setOption(fd, IPPROTO.TCP, TCP.REPAIR, REPAIR.ON);
  setOption(fd, IPPROTO.TCP, TCP.REPAIR_QUEUE, TCP_SEND_QUEUE);
  setOption(fd, IPPROTO.TCP, TCP.QUEUE_SEQ, sequence | 0);
  setOption(fd, IPPROTO.TCP, TCP.REPAIR, REPAIR.OFF_NO_WINDOW_PROBE);
}

const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ECHO_REPLY = { 4: 0, 6: 129 } as const;

/** Lets the kernel filter everything but echo replies out of a raw ICMP socket (raw(7), RFC 3542 section 3.2): each bit is a type that is filtered out. */
export function keepEchoReplies(fd: number, family: 4 | 6): void {
  const kept = Buffer.alloc(family === 4 ? 4 : 32, 0xff);
  const type = ECHO_REPLY[family];
  const at = (type >> 5) * 4;
  kept.writeUInt32LE((kept.readUInt32LE(at) & ~(1 << (type & 31))) >>> 0, at);
  call('setsockopt', fd, family === 4 ? SOL_RAW : IPPROTO.ICMPV6, ICMP_FILTER, kept, kept.length);
}

/** Room for the answers of a whole mesh. */
export const setReceiveBuffer = (fd: number, bytes: number): void =>
  setOption(fd, SOL_SOCKET, SO.RCVBUF, bytes);

/** The address a socket is bound to; none: all of the family. */
export type Local = { readonly family: 4 | 6; readonly address?: string | undefined; readonly port: number };

/** A socket bound to a port. Throws SysError EADDRINUSE and the like. */
function openAt(kind: 'tcp' | 'udp', { family, address, port }: Local, options: readonly number[]): number {
  const fd = openSocket(kind, family);
  try {
    if (family === 6) setOption(fd, IPPROTO.IPV6, IPV6_V6ONLY, 1);
    for (const option of options) setOption(fd, SOL_SOCKET, option, 1);
    const local = sockaddr({ address: address ?? (family === 4 ? '0.0.0.0' : '::'), port });
    call('bind', fd, local, local.length);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

function listening(fd: number): number {
  try {
    call('listen', fd, BACKLOG);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

/** Listens on all addresses of both families, if there are both. Throws SysError EADDRINUSE and the like. */
export const listenOn = (kind: 'tcp' | 'udp', family: 4 | 6, port: number): number =>
  kind === 'udp'
    ? openAt(kind, { family, port }, [])
    : listening(openAt(kind, { family, port }, [SO.REUSEADDR]));

export const openUdp = (local: Local): number => openAt('udp', local, []);

/**
 * A TCP socket that shares its port with others of labnet (SO_REUSEPORT, socket(7)): one may listen there while others
 * connect. It is closed with a reset, so that no state of a connection hinders the next one (SO_LINGER).
 */
export function openTcp(local: Local, listens: boolean): number {
  const fd = openAt('tcp', local, [SO.REUSEADDR, SO.REUSEPORT]);
  const atOnce = Buffer.alloc(8);
  atOnce.writeInt32LE(1);
  call('setsockopt', fd, SOL_SOCKET, SO.LINGER, atOnce, atOnce.length);
  return listens ? listening(fd) : fd;
}

const accepted = Buffer.alloc(28);
const length = Buffer.alloc(4);

/** The next waiting connection, or undefined if there is none. */
export function acceptOn(fd: number): { fd: number; peer: Endpoint } | undefined {
  length.writeUInt32LE(accepted.length);
  const connection = attempt('accept4', fd, accepted, length, SOCK.NONBLOCK | SOCK.CLOEXEC);
  return connection < 0 ? undefined : { fd: own(connection), peer: readSockaddr(accepted) };
}

/** The errno's name of an immediate error; undefined if it is in progress. */
export function connectTo(fd: number, to: Endpoint): string | undefined {
  const address = sockaddr(to);
  if (attempt('connect', fd, address, address.length) === 0) return undefined;
  const error = lastError();
  return error === 'EINPROGRESS' ? undefined : error;
}

/** The errno's name of a failed connection (SO_ERROR). */
export function connectionError(fd: number): string | undefined {
  const value = Buffer.alloc(4);
  length.writeUInt32LE(4);
  call('getsockopt', fd, SOL_SOCKET, SO.ERROR, value, length);
  const errno = value.readInt32LE();
  return errno === 0 ? undefined : errnoName(errno);
}

/** @returns the errno's name where it could not be sent */
export function sendBytes(fd: number, bytes: Buffer, to?: Buffer): string | undefined {
  const sent = to
    ? attempt('sendto', fd, bytes, bytes.length, MSG_NOSIGNAL, to, to.length)
    : attempt('send', fd, bytes, bytes.length, MSG_NOSIGNAL);
  return sent < 0 ? lastError() : undefined;
}

export type Received =
  { readonly bytes: Buffer; readonly from: () => Endpoint } | { readonly error: string } | undefined;

const inbox = Buffer.alloc(1 << 16);
const sender = Buffer.alloc(28);

/** The next waiting datagram or bytes; the buffer and the sender are reused for the next one. Undefined if nothing waits. */
export function receive(fd: number): Received {
  length.writeUInt32LE(sender.length);
  sender.fill(0);
  const size = attempt('recvfrom', fd, inbox, inbox.length, 0, sender, length);
  if (size >= 0) return { bytes: inbox.subarray(0, size), from: () => readSockaddr(sender) };
  const error = lastError();
  return error === 'EAGAIN' ? undefined : { error };
}
