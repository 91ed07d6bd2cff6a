/** The packets that checks were judged by, as a pcapng: an interface of it for each of every machine. */
import { Buffer } from 'node:buffer';
import type { Captured } from '../../core/probe.js';
import type { PcapPacket } from '../../render/capture/pcap.js';
import { interfaceBlock, packetBlock, sectionBlock } from '../../render/capture/pcapng.js';
import type { WirePacket } from '../../verify/tcpdump.js';
import { readWire } from '../../verify/tcpdump.js';

/** What `tcpdump -i any` captures: the direction, and no address of the link (LINKTYPE_LINUX_SLL). */
const LINUX_SLL = 113;
const SLL_LENGTH = 16;
const SENT = 4;
const ARPHRD_NONE = 0xfffe;
const ETHERTYPES = { 4: 0x0800, 6: 0x86dd } as const;
const SNAP_LENGTH = 256 + SLL_LENGTH;
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
    .flatMap(({ machine, text }) => readWire(text).map((packet) => ({ machine, packet })))
    .sort((one, other) => Number(one.packet.time - other.packet.time));
  const indexOf = (machine: string, { interface: name }: WirePacket): number => {
    const key = name === '' ? machine : `${machine}:${name}`;
    const known = interfaces.get(key);
    if (known !== undefined) return known;
    const header = { linkType: LINUX_SLL, snapLength: SNAP_LENGTH, filter: '' };
    head.push(interfaceBlock({ ...header, name: key, description: `${name} of ${machine}` }));
    interfaces.set(key, interfaces.size);
    return interfaces.size - 1;
  };
  const body: Buffer[] = [];
  let size = 0;
  for (const { machine, packet } of packets) {
    if (size > LARGEST) break;
    const block = packetBlock(indexOf(machine, packet), cooked(packet));
    size += block.length;
    body.push(block);
  }
  return {
    pcapng: Buffer.concat([...head, ...body]),
    packets: body.length,
    left: packets.length - body.length,
  };
}

/** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
function cooked({ time, length, data, direction }: WirePacket): PcapPacket {
  const header = Buffer.alloc(SLL_LENGTH);
  header.writeUInt16BE(direction === 'out' ? SENT : 0, 0);
  header.writeUInt16BE(ARPHRD_NONE, 2);
  header.writeUInt16BE((data[0] ?? 0) >> 4 === 6 ? ETHERTYPES[6] : ETHERTYPES[4], 14);
  return { time, length: length + SLL_LENGTH, data: Buffer.concat([header, data]) };
}
