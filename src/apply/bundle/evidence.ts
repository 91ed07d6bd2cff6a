/** The packets that checks were judged by, as a pcapng: an interface of it for each of every machine. */
import { Buffer } from 'node:buffer';
import type { Captured } from '../../core/probe.js';
import { interfaceBlock, packetBlock, sectionBlock } from '../../render/capture/pcapng.js';
import type { RawPacket } from '../../verify/tcpdump.js';
import { readRaw } from '../../verify/tcpdump.js';

/** https://www.tcpdump.org/linktypes.html: IPv4 or IPv6, as its first four bits say. */
const LINKTYPE_RAW = 101;
const SNAP_LENGTH = 256;
const LARGEST = 48 << 20;

export type EvidenceFile = {
  readonly pcapng: Buffer;
  readonly packets: number;
  /** Packets that were too many. */
  readonly left: number;
};

export function evidenceFile(captured: readonly Captured[]): EvidenceFile {
  const interfaces = new Map<string, number>();
  const head: Buffer[] = [sectionBlock('labnet')];
  const packets = captured
    .flatMap(({ machine, text }) => readRaw(text).map((packet) => ({ machine, packet })))
    .sort((one, other) => Number(one.packet.time - other.packet.time));
  const indexOf = (machine: string, { interface: name }: RawPacket): number => {
    const key = name === '' ? machine : `${machine}:${name}`;
    const known = interfaces.get(key);
    if (known !== undefined) return known;
    const header = { linkType: LINKTYPE_RAW, snapLength: SNAP_LENGTH, filter: '' };
    head.push(interfaceBlock({ ...header, name: key, description: `${name} of ${machine}` }));
    interfaces.set(key, interfaces.size);
    return interfaces.size - 1;
  };
  const body: Buffer[] = [];
  let size = 0;
  for (const { machine, packet } of packets) {
    if (size > LARGEST) break;
    const block = packetBlock(indexOf(machine, packet), packet);
    size += block.length;
    body.push(block);
  }
  return {
    pcapng: Buffer.concat([...head, ...body]),
    packets: body.length,
    left: packets.length - body.length,
  };
}
