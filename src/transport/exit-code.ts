/** Exit codes as shells have them. */
import { constants } from 'node:os';

const SIGNAL_BASE = 128;
const signals: Readonly<Record<string, number>> = constants.signals;

/** @returns 128 and the signal's number for a program that a signal ended */
export const exitCodeOfSignal = (signal: string): number => SIGNAL_BASE + (signals[signal] ?? 0);
