/** What is allowed for delay and loss that the lab's own links declare: probes are written for links without either. */
import type { Milliseconds } from '../core/command.js';
import type { Dialogue } from '../core/dialogue.js';
import type { Probe } from '../core/probe.js';
import { meanLoss } from '../link/impairment.js';
import type { Impairment } from '../link/impairment.js';
import type { Lab } from '../model/lab.js';
import type { Session } from '../transport/session.js';
import type { Check, CheckProbe } from './check.js';
import { isExpected } from './checks/common.js';

/**
 * A session that waits longer for every answer.
 * @param roundTrip the longest declared one; asked at each use, as links change while a lab runs
 */
export const allowForDelay = ({ mesh, ...session }: Session, roundTrip: () => Milliseconds): Session => ({
  ...session,
  ...(mesh && { mesh: (run) => mesh({ ...run, longer: roundTrip() }) }),
  test: (run) =>
    session.test({ ...run, probes: run.probes.map((probe) => probeWithDelay(probe, roundTrip())) }),
  converse: (dialogues) => session.converse(dialogues.map((one) => dialogueWithDelay(one, roundTrip()))),
});

/** TCP takes one round trip to connect, and another one for the listener's words. */
export const probeWithDelay = (probe: Probe, roundTrip: Milliseconds): Probe => ({
  ...probe,
  wait: probe.wait + roundTrip * (probe.protocol === 'tcp' ? 2 : 1),
});

export const dialogueWithDelay = (dialogue: Dialogue, roundTrip: Milliseconds): Dialogue => ({
  ...dialogue,
  steps: dialogue.steps.map((step) =>
    step.moves.length === 0 ? step : { ...step, wait: step.wait + roundTrip * 2 },
  ),
});

/**
 * Longer than a lost packet takes to be sent again: an ARP request or a neighbour solicitation after one second (arp(7),
 * RFC 4861 RETRANS_TIMER), a SYN after one, three and seven (RFC 6298).
 */
const WITH_LOSS = { count: 8, interval: 500, wait: 1_000 } as const;
const TCP_WITH_LOSS = { wait: 8_000 } as const;

/** Gives probes that must be answered more tries; only what stays unanswered takes longer. */
export const allowForLoss = (lab: Lab, checks: readonly Check[]): readonly Check[] =>
  isLossy(lab) ? checks.map((check) => ({ ...check, probes: check.probes.map(probeWithLoss) })) : checks;

const probeWithLoss = (probe: CheckProbe): CheckProbe =>
  isExpected(probe) ? { ...probe, ...(probe.protocol === 'tcp' ? TCP_WITH_LOSS : WITH_LOSS) } : probe;

const isLossy = ({ machines }: Lab): boolean =>
  machines.some(({ interfaces }) =>
    interfaces.some(({ link }) => [link?.up, link?.down].some((one) => one !== undefined && loses(one))),
  );

const loses = ({ loss, corrupt }: Impairment): boolean =>
  (loss ? meanLoss(loss) : 0) > 0 || (corrupt?.percent ?? 0) > 0;
