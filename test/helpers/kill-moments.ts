/** kill -9 of a guest's script between any two of the programs that it runs. */
import type { Guests } from './guests.js';
import { SCRIPT } from './guests.js';

/** Programs that change something, or are between those that do: what the shell itself writes to /proc/sys is, too. */
const WATCHED = [
  'ip',
  'iptables',
  'iptables-restore',
  'mv',
  'cp',
  'rm',
  'rmdir',
  'mkdir',
  'cat',
  'ln',
  'sync',
  'nft',
  'tc',
  'setsid',
  'awk',
  'grep',
  'sed',
];

/**
 * In front of each program one that counts, and at a number kills all of the run: before the program or after it. One counts at
 * a time, as programs of a pipe start together.
 */
export const WATCH = `set -e
mkdir -p /run/kill/bin
cat >/run/kill/shim <<'END'
#!/bin/sh
exec 9>/run/kill/lock; flock 9
read -r at </run/kill/at; read -r n </run/kill/n; n=$((n + 2)); echo $n >/run/kill/n
exec 9>&-
[ $n != $at ] || kill -9 0
[ $n != $((at + 1)) ] || { REAL "$@"; kill -9 0; }
exec REAL "$@"
END
for one in ${WATCHED.join(' ')}; do
  sed "s|REAL|$(command -v $one)|" /run/kill/shim >/run/kill/bin/$one
  chmod +x /run/kill/bin/$one
done`;

/** Runs the script and kills it at a moment. @returns the number of moments that it came to */
export async function killed(guests: Guests, machine: string, word: string, at: number): Promise<number> {
  await guests.must(machine, `echo ${at} >/run/kill/at; echo 0 >/run/kill/n`);
  await guests.run(machine, `setsid -w env PATH=/run/kill/bin:$PATH sh ${SCRIPT} ${word} >/dev/null 2>&1`);
  return Number(await guests.must(machine, 'cat /run/kill/n'));
}
