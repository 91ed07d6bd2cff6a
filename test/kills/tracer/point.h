/* Which of the stops are points: those at which something is about to become visible to others. */
#pragma once
#include <limits.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "filter.h"

typedef struct __ptrace_syscall_info stop_info;

static int read_memory(int tid, unsigned long long address, void *into, size_t length) {
  struct iovec here = {into, length}, there = {(void *)address, length};
  return process_vm_readv(tid, &here, 1, &there, 1, 0) > 0;
}

/* A string may end shortly before a page that is not there. */
static void read_text(int tid, unsigned long long address, char *into, size_t size) {
  size_t length = 0, room = 4096 - address % 4096;
  memset(into, 0, size);
  while (length < size - 1) {
    size_t part = room < size - 1 - length ? room : size - 1 - length;
    if (!read_memory(tid, address + length, into + length, part)) return;
    if (memchr(into + length, 0, part)) return;
    length += part;
    room = 4096;
  }
}

static int stat_fd(int tid, int fd, struct stat *found) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", tid, fd);
  return stat(path, found);
}

static void path_of_fd(int tid, int fd, char *into, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", tid, fd);
  ssize_t length = readlink(path, into, size - 1);
  into[length < 0 ? 0 : length] = 0;
}

static int is_write(int call) {
  return call == SYS_write || call == SYS_pwrite64 || call == SYS_writev || call == SYS_pwritev;
}

static int is_on_fd(int call) {
  return is_write(call) || call == SYS_fsync || call == SYS_fdatasync || call == SYS_ftruncate || call == SYS_flock ||
         call == SYS_fchmod;
}

/* The argument that is a path; -1 where none is. */
static int path_argument(int call) {
  switch (call) {
#ifdef __x86_64__
    case SYS_open: case SYS_creat: case SYS_rename: case SYS_unlink: case SYS_rmdir: case SYS_mkdir: case SYS_chmod:
#endif
    case SYS_execve: case SYS_truncate: case SYS_umount2: return 0;
    case SYS_openat: case SYS_renameat: case SYS_renameat2: case SYS_unlinkat: case SYS_mkdirat: case SYS_mount:
    case SYS_fchmodat: return 1;
    default: return -1;
  }
}

/* What is shown of it to who reads the list of points. */
static void describe(int tid, const stop_info *stop, char *into, size_t size) {
  int call = (int)stop->seccomp.nr, argument = path_argument(call);
  into[0] = 0;
  if (argument >= 0) read_text(tid, stop->seccomp.args[argument], into, size);
  else if (is_on_fd(call)) path_of_fd(tid, (int)stop->seccomp.args[0], into, size);
}

/* Not what node and the C library say to themselves: between threads, and through descriptors that nobody else has. */
static int is_point(int tid, const stop_info *stop, ino_t output) {
  int call = (int)stop->seccomp.nr;
  char path[PATH_MAX];
  struct stat found;
  unsigned long long flags = 0;
  if (is_on_fd(call)) {
    if (stat_fd(tid, (int)stop->seccomp.args[0], &found) || found.st_ino == output) return 0;
    /* What a program says on its standard output is for who started it. */
    int is_said = stop->seccomp.args[0] <= 2;
    return !is_write(call) || S_ISREG(found.st_mode) ||
           ((S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode)) && !is_said);
  }
  if (call == SYS_clone3)
    return read_memory(tid, stop->seccomp.args[0], &flags, sizeof flags) && !(flags & CLONE_THREAD);
  if (call == SYS_kill || call == SYS_pidfd_send_signal) return stop->seccomp.args[1] != 0;
  if (path_argument(call) < 0) return 1;
  describe(tid, stop, path, sizeof path);
  if (call == SYS_execve) return access(path, X_OK) == 0;
  return strncmp(path, "/dev/", 5) != 0;
}
