/** Waits for answers as long as they may be on their way: what checks and traces ask is written for links without delay. */
import type { Milliseconds } from '../core/command.js';
import type { Dialogue } from '../core/dialogue.js';
import type { Probe } from '../core/probe.js';
import type { Session } from '../transport/session.js';

/** @param longer told anew each time, as links change while a lab runs */
export const patient = ({ mesh, ...session }: Session, longer: () => Milliseconds): Session => ({
  ...session,
  ...(mesh && { mesh: (run) => mesh({ ...run, longer: longer() }) }),
  test: (run) => session.test({ ...run, probes: run.probes.map((probe) => patientProbe(probe, longer())) }),
  converse: (dialogues) => session.converse(dialogues.map((one) => patientDialogue(one, longer()))),
});

/** A connection is there after one round trip, and has said what it has to after another. */
export const patientProbe = (probe: Probe, longer: Milliseconds): Probe => ({
  ...probe,
  wait: probe.wait + longer * (probe.protocol === 'tcp' ? 2 : 1),
});

export const patientDialogue = (dialogue: Dialogue, longer: Milliseconds): Dialogue => ({
  ...dialogue,
  steps: dialogue.steps.map((step) =>
    step.moves.length === 0 ? step : { ...step, wait: step.wait + longer * 2 },
  ),
});
