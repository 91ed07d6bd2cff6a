/**
 * Imported into every node process of a command (NODE_OPTIONS): it writes down the most memory the process had resident, and the
 * processor time it took. VmHWM (proc(5)) is of this program alone; what getrusage(2) says may be its parent's from before exec.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const BYTES_A_KILOBYTE = 1024;
const MICROSECONDS = 1e3;
/** An ordinary user's engine is killed in the end: what it wrote last has to do. */
const INTERVAL = 20;
const folder = process.env['BENCH_PEAK_DIR'];

function writePeak(path: string): void {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpu = (userCPUTime + systemCPUTime) / MICROSECONDS;
  writeFileSync(path, JSON.stringify({ peak: Number(kilobytes) * BYTES_A_KILOBYTE, cpu }));
}

if (folder !== undefined && isMainThread) {
  const path = join(folder, String(process.pid));
  setInterval(writePeak, INTERVAL, path).unref();
  process.on('exit', () => writePeak(path));
}
