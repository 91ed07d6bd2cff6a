/* The traced threads, and who of the lab's processes is who. */
#pragma once
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 2048 };

struct thread {
  int tid, group, is_stopped, signal;
};

static struct thread threads[MOST_THREADS];
static int thread_count;

static int group_of(int tid) {
  char path[64], line[256];
  int group = tid;
  snprintf(path, sizeof path, "/proc/%d/status", tid);
  FILE *file = fopen(path, "re");
  if (!file) return tid;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Tgid: %d", &group) == 1) break;
  fclose(file);
  return group;
}

static struct thread *thread_of(int tid) {
  for (int i = 0; i < thread_count; i++)
    if (threads[i].tid == tid) return &threads[i];
  if (thread_count == MOST_THREADS) {
    fprintf(stderr, "tracer: too many threads\n");
    exit(13);
  }
  threads[thread_count] = (struct thread){tid, group_of(tid), 0, 0};
  return &threads[thread_count++];
}

static void forget_thread(int tid) {
  for (int i = 0; i < thread_count; i++)
    if (threads[i].tid == tid) threads[i--] = threads[--thread_count];
}

/* A program that another thread than the first has started goes on under the first one's number. */
static void forget_siblings(int group) {
  for (int i = 0; i < thread_count; i++)
    if (threads[i].group == group && threads[i].tid != group) threads[i--] = threads[--thread_count];
}

/* The whole of a file of /proc, with blanks for the zeros between words. */
static void read_words(int pid, const char *file, char *into, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, into, size - 1);
  if (fd >= 0) close(fd);
  if (length < 0) length = 0;
  for (ssize_t i = 0; i < length; i++)
    if (into[i] == 0 || into[i] == '\n') into[i] = ' ';
  into[length] = 0;
}

static int has_words(int pid, const char *file, const char *words) {
  static char text[1 << 17];
  read_words(pid, file, text, sizeof text);
  return strstr(text, words) != NULL;
}

/* Of labs whose records are in a folder. */
static int is_holder(int pid, const char *state) {
  char mark[4200];
  snprintf(mark, sizeof mark, "LABNET_HOLDER=%s/", state);
  return has_words(pid, "environ", mark);
}

/* Asleep it needs nobody any more. */
static int is_asleep(int pid, const char *state) {
  return has_words(pid, "comm", "sleep") && has_words(pid, "cmdline", "sleep infinity") && is_holder(pid, state);
}

/* A process of its own, where an ordinary user's lab is made. */
static int is_engine(int pid) { return has_words(pid, "cmdline", "engine/start.js"); }

static void kill_holders(const char *state) {
  DIR *proc = opendir("/proc");
  if (!proc) return;
  for (struct dirent *entry; (entry = readdir(proc));) {
    int pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
    if (pid > 1 && is_holder(pid, state)) kill(pid, SIGKILL);
  }
  closedir(proc);
}

static void kill_threads(void) {
  for (int i = 0; i < thread_count; i++) kill(threads[i].group, SIGKILL);
}

static void kill_engines(void) {
  for (int i = 0; i < thread_count; i++)
    if (threads[i].tid == threads[i].group && is_engine(threads[i].group)) kill(threads[i].group, SIGKILL);
}
