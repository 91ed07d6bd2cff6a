/* Kernel settings of the network namespace a thread is in: files of /proc/sys. */
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include "netlink.h"

enum { NAMESPACES_A_PROC = 64 };

/*
 * A /proc of the thread's own, and again a new one now and then. In one /proc all namespaces' directories of settings
 * are in one chain of the kernel's directory cache, as they have one name: to find one takes as long as there are
 * namespaces.
 */
static void renew_proc(void) {
  static __thread int uses;
  if (uses++ % NAMESPACES_A_PROC) return;
  if (uses == 1) check("unshare", unshare(CLONE_NEWNS));
  else check("umount", umount2("/proc", MNT_DETACH));
  check("mount", mount("proc", "/proc", "proc", 0, NULL));
}

static void write_setting(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return;
  check(path, fd);
  check(path, (int)write(fd, value, 1));
  close(fd);
}

static void no_ipv6(void) { write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"); }
