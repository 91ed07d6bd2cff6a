/** What labnet wants to be, checked against what was measured. */
import type { Results } from './results.js';

const GOAL_SIZE = 1000;
const UP = 10;
const DOWN = 100;
const MEGABYTES = 150;

export function goalsText({ sizes, ratios }: Results): string[] {
  const large = sizes.find(({ hosts }) => hosts === GOAL_SIZE);
  const up = ratios[`wan-${GOAL_SIZE} mininet up / labnet up`];
  const down = ratios[`wan-${GOAL_SIZE} mininet down / labnet down`];
  const answered = sizes.every(({ answers }) => answers.answered === answers.hosts);
  return [
    line('every host gets an answer', answered),
    ...(large ? [line(`up of wan-${GOAL_SIZE} under ${MEGABYTES} MB`, large.peakMemory < MEGABYTES)] : []),
    ...(up === undefined ? [] : [line(`up of wan-${GOAL_SIZE} ${UP}x as fast as Mininet`, up >= UP)]),
    ...(down === undefined ? [] : [line(`down of wan-${GOAL_SIZE} ${DOWN}x as fast`, down >= DOWN)]),
  ];
}

const line = (goal: string, isReached: boolean): string => `${isReached ? 'reached' : 'missed '}  ${goal}`;
