/** The packets that checks were judged by, as one pcapng file with an entry for each interface of each machine. */
import { Buffer } from 'node:buffer';
import type { Captured } from '../../core/probe.js';
import type { PcapPacket } from '../../render/capture/pcap.js';
import { interfaceBlock, packetBlock, sectionBlock } from '../../render/capture/pcapng.js';
import type { RawPacket } from '../../verify/tcpdump.js';
import { readPackets } from '../../verify/tcpdump.js';

/** The format of `tcpdump -i any`: with the direction, but without link addresses (LINKTYPE_LINUX_SLL). */
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
  /** The number of packets that were left out. */
  readonly left: number;
};

export function evidenceFile(captured: readonly Captured[]): EvidenceFile {
  const interfaces = new Map<string, number>();
  const head: Buffer[] = [sectionBlock('labnet')];
  const packets = captured
    .flatMap(({ machine, output }) => readPackets(output).map((packet) => ({ machine, packet })))
    .sort((one, other) => one.packet.time - other.packet.time);
  const indexOf = (machine: string, { interface: name }: RawPacket): number => {
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
function cooked({ time, bytes, direction }: RawPacket): PcapPacket {
  const header = Buffer.alloc(SLL_LENGTH);
  header.writeUInt16BE(direction === 'Out' ? SENT : 0, 0);
  header.writeUInt16BE(ARPHRD_NONE, 2);
  header.writeUInt16BE((bytes[0] ?? 0) >> 4 === 6 ? ETHERTYPES[6] : ETHERTYPES[4], 14);
  return {
    time: BigInt(Math.round(time * 1e6)) * 1000n,
    length: lengthOf(bytes) + SLL_LENGTH,
    data: Buffer.concat([header, bytes]),
  };
}

/** The length in the IP header, as packets are captured without their end. */
function lengthOf(bytes: Buffer): number {
  const version = (bytes[0] ?? 0) >> 4;
  const isWhole = bytes.length >= (version === 4 ? 20 : 40);
  const said = !isWhole ? 0 : version === 4 ? bytes.readUInt16BE(2) : 40 + bytes.readUInt16BE(4);
  return Math.max(said, bytes.length);
}
