/** Writes captured packets as lines of text, or as blocks of a file. */
import { Buffer } from 'node:buffer';
import type { PcapPacket } from '../../render/capture/pcap.js';
import { pcapHeader, pcapRecord } from '../../render/capture/pcap.js';
import { interfaceBlock, packetBlock, sectionBlock, statisticsBlock } from '../../render/capture/pcapng.js';
import type { Tap } from './tap.js';

export type FileFormat = {
  readonly begin: (taps: readonly Tap[]) => Buffer;
  readonly packet: (index: number, packet: PcapPacket) => Buffer;
  readonly end: (taps: readonly Tap[], last: bigint) => Buffer;
};

/** For one place only: pcap cannot say where a packet was seen. */
export const PCAP: FileFormat = {
  begin: ([tap]) => (tap?.header ? pcapHeader(tap.header) : Buffer.alloc(0)),
  packet: (_, packet) => pcapRecord(packet),
  end: () => Buffer.alloc(0),
};

/** @param lab for the description of each place, as `filter` is */
export const pcapng = (lab: string, filter: string): FileFormat => ({
  begin: (taps) =>
    Buffer.concat([
      sectionBlock('labnet'),
      ...taps.flatMap(({ header, place }) => {
        const { text: name, address } = place;
        const description = `${place.machine} of ${lab}${address === undefined ? '' : `, ${address}`}`;
        return header ? [interfaceBlock({ ...header, name, description, filter })] : [];
      }),
    ]),
  packet: packetBlock,
  end: (taps, last) =>
    Buffer.concat(
      taps.map(({ passed, dropped }, index) => statisticsBlock(index, last, passed + dropped, dropped)),
    ),
});
