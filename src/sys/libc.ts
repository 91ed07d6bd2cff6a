/**
 * The C library that node is linked to, by way of koffi.
 *
 * Namespaces belong to threads (namespaces(7)): what a worker thread enters, the main thread does not.
 */
import type { Buffer } from 'node:buffer';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

/** A failed system call; `code` is the errno's name, such as EPERM. */
export class SysError extends Error {
  override readonly name = 'SysError';
  readonly code: string;

  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    super(`${call}: ${errnoName(errno)}`);
    this.code = errnoName(errno);
  }
}

/** Errors that node has no name for. */
const UNNAMED: Readonly<Record<number, string>> = {
  54: 'EXFULL',
  87: 'EUSERS',
  115: 'EINPROGRESS',
  122: 'EDQUOT',
};

export const errnoName = (errno: number): string => UNNAMED[errno] ?? getSystemErrorName(-errno);

/** The errno of the call just made, as a name. */
export const lastError = (): string => errnoName(koffi.errno());

// The symbols of the process itself: glibc or musl, whichever node runs on.
const libc = koffi.load(null);

const sockFprog = koffi.struct({ len: 'unsigned short', filter: 'void *' });

/** struct sock_fprog around a classic BPF program, for prctl. */
export const filterProgram = (filter: Buffer, length: number): unknown =>
  koffi.as({ len: length, filter }, koffi.pointer(sockFprog));

/** Functions that take buffers as `void *` fill them: Buffers are passed by reference. */
const PROTOTYPES = {
  unshare: 'int unshare(int flags)',
  setns: 'int setns(int fd, int type)',
  mount:
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  umount2: 'int umount2(const char *target, int flags)',
  fchdir: 'int fchdir(int fd)',
  chroot: 'int chroot(const char *path)',
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, void *address, uint length)',
  connect: 'int connect(int fd, void *address, uint length)',
  listen: 'int listen(int fd, int backlog)',
  accept4: 'int accept4(int fd, void *address, void *length, int flags)',
  send: 'long send(int fd, void *buffer, size_t length, int flags)',
  sendto: 'long sendto(int fd, void *buffer, size_t length, int flags, void *address, uint size)',
  recv: 'long recv(int fd, void *buffer, size_t length, int flags)',
  recvfrom: 'long recvfrom(int fd, void *buffer, size_t length, int flags, void *address, void *size)',
  sendmmsg: 'int sendmmsg(int fd, void *messages, uint count, int flags)',
  recvmmsg: 'int recvmmsg(int fd, void *messages, uint count, int flags, void *timeout)',
  setsockopt: 'int setsockopt(int fd, int level, int option, void *value, uint length)',
  getsockopt: 'int getsockopt(int fd, int level, int option, void *value, void *length)',
  getsockname: 'int getsockname(int fd, void *address, void *length)',
  epollCreate: 'int epoll_create1(int flags)',
  epollCtl: 'int epoll_ctl(int epoll, int operation, int fd, void *event)',
  epollWait: 'int epoll_wait(int epoll, void *events, int count, int timeout)',
  close: 'int close(int fd)',
  waitpid: 'int waitpid(int pid, void *status, int options)',
  prctl:
    'int prctl(int option, unsigned long first, void *second, unsigned long third, unsigned long fourth)',
  flock: 'int flock(int fd, int operation)',
  closeRange: 'long syscall(long number, long first, long last, long flags)',
  pidfd: 'long syscall(long number, long pid, long flags)',
  pidfdGetFile: 'long syscall(long number, long pidfd, long file, long flags)',
  pidfdSignal: 'long syscall(long number, long pidfd, long signal, void *info, long flags)',
} as const;

type Call = keyof typeof PROTOTYPES;
type Native = (...values: readonly unknown[]) => number | bigint;

/** Prepared on first use: preparing all takes longer than most commands run. */
const prepared: Partial<Record<Call, Native>> = {};

/** Calls, and throws a SysError if it returns -1. */
export function call(name: Call, ...args: readonly unknown[]): number {
  const result = attempt(name, ...args);
  if (result === -1) throw new SysError(name, koffi.errno());
  return result;
}

/** Calls, and returns the result; on -1 the caller asks lastError(). */
export function attempt(name: Call, ...args: readonly unknown[]): number {
  const native = (prepared[name] ??= libc.func(PROTOTYPES[name]) as Native);
  return Number(native(...args));
}
