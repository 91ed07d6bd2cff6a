/** Programs that end with whoever started them, also where that is killed. */

/** What follows gets the parent-death signal of prctl(2); a parent that is dead by then has not sent it. */
export const dieWithParent = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/**
 * To be followed by the program: it ends with this process, from its first moment on. It does not begin where this one, of
 * the pid in front, died before the signal was set; to a process in the lab's pid namespace a parent outside of it is 0.
 * @param before commands of the shell that becomes the program
 */
export const boundToCaller = (before = ''): [string, ...string[]] => [
  ...dieWithParent,
  '/bin/sh',
  '-c',
  `case $PPID in 0|"$0") ${before} exec "$@" ;; *) exit 1 ;; esac`,
  `${process.pid}`,
];
