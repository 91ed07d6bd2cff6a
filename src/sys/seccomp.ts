/**
 * Lets programs believe that they changed their user and groups.
 *
 * An ordinary user's lab has one user, root, who is that user outside (user_namespaces(7)). Programs that start as root
 * and change to a user of their own (tcpdump, dnsmasq, nginx) could not run there; with a filter that answers their
 * set*id calls with success they run as the lab's root, which is nobody but the user. Labs of the real root have no filter.
 */
import { Buffer } from 'node:buffer';
import { attempt, filterProgram } from './libc.js';

const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;

/** Numbers of setuid, setgid, setreuid, setregid, setgroups, setresuid, setresgid, setfsuid, setfsgid (unistd.h). */
const CALLS: Readonly<Record<string, { readonly arch: number; readonly numbers: readonly number[] }>> = {
  x64: { arch: 0xc000003e, numbers: [105, 106, 113, 114, 116, 117, 119, 122, 123] },
  arm64: { arch: 0xc00000b7, numbers: [146, 144, 145, 143, 159, 147, 149, 151, 152] },
};

/** Instructions of classic BPF on struct seccomp_data (seccomp(2)): the call's number at 0, the architecture at 4. */
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
/** SECCOMP_RET_ERRNO with errno 0: the call is not made, and reports success. */
const PRETEND = 0x00050000;

/** For this thread and its children, for good. Does nothing on other architectures or without the kernel's support. */
export function pretendIdentityChanges(): void {
  const calls = CALLS[process.arch];
  if (!calls) return;
  const { arch, numbers } = calls;
  const last = numbers.length;
  const program = [
    instruction(LOAD_WORD, 0, 0, 4),
    instruction(JUMP_IF_EQUAL, 0, last + 1, arch),
    instruction(LOAD_WORD, 0, 0, 0),
    ...numbers.map((number, index) => instruction(JUMP_IF_EQUAL, last - index, 0, number)),
    instruction(RETURN, 0, 0, ALLOW),
    instruction(RETURN, 0, 0, PRETEND),
  ];
  // Needed of a process that has no rights where it is; inside the lab there is nothing to gain by them.
  attempt('prctl', PR_SET_NO_NEW_PRIVS, 1, null, 0, 0);
  attempt(
    'prctl',
    PR_SET_SECCOMP,
    SECCOMP_MODE_FILTER,
    filterProgram(Buffer.concat(program), program.length),
    0,
    0,
  );
}

/** struct sock_filter; a jump goes over as many instructions as it says. */
function instruction(code: number, ifTrue: number, ifFalse: number, operand: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}
