/**
 * Debian's stock kernel under QEMU, with this machine's own files read-only below what the guest writes: labnet itself runs
 * in it, as on the machine of somebody else. No network card; all ends with one process, and that with this one.
 */
import { execa } from 'execa';
import type { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool, toolPath } from '../../src/sys/tools.js';
import { isRoot } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { pathTo } from '../helpers/topologies.js';

/** Which kernel: the stock one of this release of Debian, or the newer one that it offers, with its tc. */
export type Kernel = 'stock' | 'backports';

const TOOLS = ['qemu-system-x86_64', 'busybox', 'cpio', 'depmod', 'apt-get', 'dpkg-deb', 'iperf3'];
/** Fetching a kernel of 70 MB, and packing it. */
const BUILD_TIMEOUT = 300_000;

/** What ran in the guest: its console, and what it wrote to files in /run/test. */
export type Ran = {
  readonly console: string;
  readonly read: (file: string) => string;
  readonly bytes: (file: string) => Buffer;
};

/** Why there can be no such guest on this computer; undefined where there can. */
export function whyNoKernel(): string | undefined {
  if (!isRoot) return 'a guest that sees all files of this machine needs root';
  if (process.arch !== 'x64') return `QEMU here is for x64, this is ${process.arch}`;
  const missing = TOOLS.filter((tool) => findTool(tool) === undefined);
  return missing.length === 0
    ? undefined
    : `${missing.join(', ')} missing: sh provisioners/host/prepare.sh --test --kernel installs them`;
}

/**
 * Runs a shell script as root in a new guest, in a folder /checkout that is this checkout; `files` are in /run/test.
 *
 * @param timeout milliseconds until the guest is ended
 * @throws where the guest does not get to the end of the script
 */
export async function runInGuest(
  script: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  timeout: number,
  kernel: Kernel = 'stock',
): Promise<Ran> {
  const env = { ...process.env, PATH: toolPath() };
  const build = [pathTo('test/vm/kernel/build.sh'), ...(kernel === 'stock' ? [] : [kernel])];
  const built = await execa('sh', build, { env, timeout: BUILD_TIMEOUT });
  const folder = temporaryFolder('kernel');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'guest.sh'), guestScript(script));
  const { all } = await execa('setpriv', ['--pdeathsig', 'KILL', ...qemu(built.stdout.trim(), folder)], {
    ...{ env, timeout, all: true, stdin: 'ignore', reject: false, killSignal: 'SIGKILL' },
  });
  const bytes = (file: string): Buffer => readFileSync(join(folder, file));
  const read = (file: string): string => bytes(file).toString();
  try {
    if (read('done') !== 'done\n') throw new Error('not done');
  } catch {
    throw new Error(`the guest did not get to the end of its script:\n${all}`);
  }
  return { console: all, read, bytes };
}

/** Why there is no newer kernel to fetch; undefined where there is. */
export function whyNoBackports(): string | undefined {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return (
    whyNoKernel() ?? (release === 'bookworm' ? undefined : `backports are Debian 12's, this is ${release}`)
  );
}

/** A prefix of a command line in the guest: as an ordinary user, with a home and a place for labs of their own. */
export const AS_USER =
  'setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/tmp/home XDG_RUNTIME_DIR=/run/user/1000';

const guestScript = (script: string): string => `
export PATH=/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
exec >/dev/ttyS0 2>&1
ip link set lo up
install -d -o 1000 -g 1000 /run/user/1000 /tmp/home
# Wherever it is on this machine, also below /tmp, which the guest has one of its own of.
mkdir /checkout
mount -t 9p -o ro,cache=loose,trans=virtio,version=9p2000.L,msize=512000 checkout /checkout
# Not below /run, where a lab has one of its own.
mkdir /tools
mount -t 9p -o ro,cache=loose,trans=virtio,version=9p2000.L,msize=512000 tools /tools
cd /checkout && (${script}
)
echo done >/run/test/done
sync
busybox poweroff -f
`;

const share = (tag: string, path: string, more: string): string[] => [
  '-virtfs',
  `local,path=${path.replaceAll(',', ',,')},mount_tag=${tag},security_model=none${more}`,
];

const qemu = (kernel: string, folder: string): string[] => [
  'qemu-system-x86_64',
  ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '2048', '-no-reboot'],
  ...['-nodefaults', '-nographic', '-serial', 'stdio', '-nic', 'none'],
  ...['-kernel', join(kernel, 'vmlinuz'), '-initrd', join(kernel, 'initrd')],
  ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on'],
  ...share('host', '/', ',readonly=on,multidevs=remap'),
  ...share('modules', join(kernel, 'modules'), ',readonly=on'),
  ...share('tools', join(kernel, 'tools'), ',readonly=on'),
  ...share('checkout', pathTo('.'), ',readonly=on,multidevs=remap'),
  ...share('test', folder, ''),
];
