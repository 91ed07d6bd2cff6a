/**
 * Imported into every node process of a command (NODE_OPTIONS): at its end it writes down the most memory it had
 * resident. VmHWM (proc(5)) is of this program alone; what getrusage(2) says may be its parent's from before exec.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const BYTES_A_KILOBYTE = 1024;
const folder = process.env['BENCH_PEAK_DIR'];

if (folder !== undefined && isMainThread)
  process.on('exit', () => {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    writeFileSync(join(folder, String(process.pid)), String(Number(kilobytes) * BYTES_A_KILOBYTE));
  });
