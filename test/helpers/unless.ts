/** Tests that need what not every computer has. */
import test from 'ava';
import type { ImplementationFn } from 'ava';

export type Declare = (title: string, body: ImplementationFn<[]>) => void;

/**
 * Declares tests, or skips them with the reason in their titles.
 * @param reason why they cannot run here; undefined or empty where they can
 * @param declare such as `test.serial`
 */
export const unless = (reason: string | undefined, declare: Declare = test): Declare =>
  reason === undefined || reason === ''
    ? declare
    : (title, body) => test.skip(`${title} (skipped: ${reason})`, body);
