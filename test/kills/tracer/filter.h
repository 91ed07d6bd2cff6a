/* The system calls that are stopped at: a filter of classic BPF (seccomp(2)), as ptrace alone would stop at all of them. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#define NAMED(call) {SYS_##call, #call}

struct named {
  int number;
  const char *name;
};

/* What others can see: files, mounts, namespaces, messages, processes. */
static const struct named CALLS[] = {
#ifdef __x86_64__
    NAMED(creat), NAMED(rename), NAMED(unlink), NAMED(rmdir), NAMED(mkdir), NAMED(symlink), NAMED(link), NAMED(chmod),
    NAMED(fork), NAMED(vfork),
#endif
    NAMED(write), NAMED(pwrite64), NAMED(writev), NAMED(pwritev), NAMED(truncate), NAMED(ftruncate), NAMED(fsync),
    NAMED(fdatasync), NAMED(renameat), NAMED(renameat2), NAMED(unlinkat), NAMED(mkdirat), NAMED(symlinkat),
    NAMED(linkat), NAMED(fchmod), NAMED(fchmodat), NAMED(copy_file_range), NAMED(sendfile), NAMED(flock), NAMED(mount),
    NAMED(umount2), NAMED(unshare), NAMED(setns), NAMED(sendto), NAMED(sendmsg), NAMED(connect), NAMED(clone3),
    NAMED(execve), NAMED(kill), NAMED(pidfd_send_signal), NAMED(exit_group),
};

/* Only where a bit of an argument is set (or, for threads, is not). */
static const struct {
  struct named call;
  int argument;
  unsigned bits;
  int stops;
} CONDITIONAL[] = {
#ifdef __x86_64__
    {NAMED(open), 1, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 1},
#endif
    {NAMED(openat), 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 1},
    {NAMED(clone), 0, CLONE_THREAD, 0},
};

enum { CALL_COUNT = sizeof CALLS / sizeof *CALLS, CONDITIONAL_COUNT = sizeof CONDITIONAL / sizeof *CONDITIONAL };

static const char *name_of(int number) {
  for (int i = 0; i < CALL_COUNT; i++)
    if (CALLS[i].number == number) return CALLS[i].name;
  for (int i = 0; i < CONDITIONAL_COUNT; i++)
    if (CONDITIONAL[i].call.number == number) return CONDITIONAL[i].call.name;
  return "?";
}

/* For this process and all that it starts; needs a tracer from then on. */
static int install_filter(void) {
  struct sock_filter program[8 + 2 * CALL_COUNT + 5 * CONDITIONAL_COUNT];
  unsigned short n = 0;
#define ADD(...) program[n++] = (struct sock_filter)__VA_ARGS__
  ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
  ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
  ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
  for (int i = 0; i < CALL_COUNT; i++) {
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)CALLS[i].number, 0, 1));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  for (int i = 0; i < CONDITIONAL_COUNT; i++) {
    unsigned place = offsetof(struct seccomp_data, args) + 8 * (unsigned)CONDITIONAL[i].argument;
    int stops = CONDITIONAL[i].stops;
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)CONDITIONAL[i].call.number, 0, 4));
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place));
    ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CONDITIONAL[i].bits, 0, 1));
    ADD(BPF_STMT(BPF_RET | BPF_K, stops ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW));
    ADD(BPF_STMT(BPF_RET | BPF_K, stops ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE));
  }
  ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
#undef ADD
  struct sock_fprog filter = {n, program};
  /* Root may without; what an ordinary user's programs may not is to gain rights behind it. */
  if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
