/*
 * What a power failure leaves of the folder of records. Two worst cases of a journalling file system (ext4(5)):
 * names are kept, but files that were not flushed are empty; or all is as it was when something was last flushed.
 */
#pragma once
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_DIRTY = 4096 };

static ino_t dirty[MOST_DIRTY];
static int dirty_count;

static int is_dirty(ino_t inode) {
  for (int i = 0; i < dirty_count; i++)
    if (dirty[i] == inode) return 1;
  return 0;
}

static void mark_dirty(ino_t inode) {
  if (!is_dirty(inode) && dirty_count < MOST_DIRTY) dirty[dirty_count++] = inode;
}

static void mark_clean(ino_t inode) {
  for (int i = 0; i < dirty_count; i++)
    if (dirty[i] == inode) dirty[i--] = dirty[--dirty_count];
}

static int empty_dirty(const char *path, const struct stat *found, int kind, struct FTW *place) {
  (void)place;
  if (kind == FTW_F && is_dirty(found->st_ino) && truncate(path, 0)) perror(path);
  return 0;
}

static void lose_data(const char *folder) { nftw(folder, empty_dirty, 16, FTW_PHYS); }

/* Runs a program of this computer and waits for it: by fork, as the tracer's own children are traced by nobody. */
static void run(const char *script, const char *first, const char *second) {
  int child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", script, "sh", first, second, (char *)NULL);
    _exit(127);
  }
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

/* Keeps what is flushed by now: names as they are, and files that are whole. Their numbers are others in the copy. */
static void keep(const char *folder, const char *copy) {
  run("rm -rf \"$2\" && cp -a \"$1\" \"$2\"", folder, copy);
  char path[5000];
  snprintf(path, sizeof path, "%s.dirty", copy);
  FILE *list = fopen(path, "we");
  if (!list) return;
  for (int i = 0; i < dirty_count; i++) fprintf(list, "%lu\n", (unsigned long)dirty[i]);
  fclose(list);
  /* By number, the files that are not whole are found under their names. */
  run("cd \"$1\" && while read -r number; do find . -type f -inum \"$number\"; done <\"$2.dirty\" |"
      " while read -r file; do : >\"$2/$file\"; done; rm -f \"$2.dirty\"", folder, copy);
}

/* The folder itself stays, as it may be somebody's root. */
static void restore(const char *folder, const char *copy) {
  run("find \"$1\" -mindepth 1 -delete; cp -a \"$2/.\" \"$1\"", folder, copy);
}
