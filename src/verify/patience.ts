/**
 * How long what has to be answered is waited for where links lose packets: an ARP request or a neighbour solicitation that
 * is lost is sent again after a second (RFC 4861 RETRANS_TIMER, and arp(7)), and all that is for that neighbour waits
 * meanwhile; a SYN after one, three and seven (RFC 6298).
 */
import { meanLoss } from '../link/impairment.js';
import type { Impairment } from '../link/impairment.js';
import type { Lab } from '../model/lab.js';
import type { Check, CheckProbe } from './check.js';
import { isExpected } from './checks/common.js';

const PATIENT = { count: 8, interval: 500, wait: 1_000 } as const;
const PATIENT_TCP = { wait: 8_000 } as const;

const loses = ({ loss, corrupt }: Impairment): boolean =>
  (loss ? meanLoss(loss) : 0) > 0 || (corrupt?.percent ?? 0) > 0;

/** Whether a packet may get lost on any link of it. */
export const isLossy = ({ machines }: Lab): boolean =>
  machines.some(({ interfaces }) =>
    interfaces.some(({ link }) => [link?.up, link?.down].some((one) => one !== undefined && loses(one))),
  );

/** An answer ends the wait: only what is not answered takes longer. */
export const withPatience = (check: Check): Check => ({ ...check, probes: check.probes.map(patient) });

const patient = (probe: CheckProbe): CheckProbe =>
  isExpected(probe) ? { ...probe, ...(probe.protocol === 'tcp' ? PATIENT_TCP : PATIENT) } : probe;
