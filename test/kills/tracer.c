/*
 * Runs a program with all that it starts, and kills at one of its points: before a system call that others can see.
 *
 *   tracer STATE OUTPUT POINTS MODE AT SECONDS -- PROGRAM [ARGUMENT…]
 *
 * STATE is the folder of labnet's records, OUTPUT the file for what the program says, POINTS the one for the list of
 * points that it came to. At point number AT (none with 0) it kills by MODE:
 *   all         every process that the program has started, and itself
 *   cli         the program alone; what it has started goes on
 *   late        the same, but what it has started stands still until the tracer's stdin is closed
 *   engine      the process that makes namespaces; the program goes on
 *   holder      the process that holds the lab
 *   power-kept  everything, the lab as well; files of STATE that were not flushed are empty
 *   power-lost  the same; STATE is as it was when something in it was last flushed
 *
 * Says 'killed' when the program has ended after that, and ends when the program has and what it started has ended or is the sleeping holder of a lab.
 * Exits with 0, 3 where the program ended before the point, 4 where something did not end by itself, 5 where tracing is not
 * allowed here. It never runs for longer than SECONDS (alarm(2)), and whatever ends it ends all that it traces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "tracer/point.h"
#include "tracer/power.h"
#include "tracer/processes.h"

enum { NOT_REACHED = 3, STRAGGLERS = 4, NOT_ALLOWED = 5, PATIENCE_MS = 30000, TICK_MS = 10 };

static struct {
  const char *state, *mode;
  char copy[4200];
  FILE *points;
  ino_t output;
  int at;
} options;

static int count, program, has_killed, has_ended, is_frozen;
static double killed_at;

static int is_mode(const char *mode) { return strcmp(options.mode, mode) == 0; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void go_on(struct thread *thread, int signal) {
  thread->is_stopped = 0;
  ptrace(PTRACE_CONT, thread->tid, NULL, signal);
}

static void freeze(void) {
  is_frozen = 1;
  for (int i = 0; i < thread_count; i++)
    if (!threads[i].is_stopped) ptrace(PTRACE_INTERRUPT, threads[i].tid, NULL, NULL);
}

static void thaw(void) {
  is_frozen = 0;
  for (int i = 0; i < thread_count; i++)
    if (threads[i].is_stopped) go_on(&threads[i], threads[i].signal);
}

static void strike(void) {
  has_killed = 1;
  killed_at = now();
  if (is_mode("cli") || is_mode("late")) kill(program, SIGKILL);
  else if (is_mode("engine")) kill_engines();
  else if (is_mode("holder")) kill_holders(options.state);
  else kill_threads();
  if (strncmp(options.mode, "power", 5) == 0) kill_holders(options.state);
  if (is_mode("late")) freeze();
}

/* The one that is killed is gone by then, with the locks that it held. */
static void tell_killed(void) {
  puts("killed");
  fflush(stdout);
}

/* Of writes and flushes, what a power failure would lose. */
static void follow(int tid, const stop_info *stop) {
  int call = (int)stop->seccomp.nr;
  if (strncmp(options.mode, "power", 5) != 0 || !is_on_fd(call)) return;
  char path[PATH_MAX];
  struct stat found;
  int fd = (int)stop->seccomp.args[0];
  path_of_fd(tid, fd, path, sizeof path);
  if (strncmp(path, options.state, strlen(options.state)) != 0 || stat_fd(tid, fd, &found)) return;
  if (is_write(call)) mark_dirty(found.st_ino);
  if (call != SYS_fsync && call != SYS_fdatasync) return;
  mark_clean(found.st_ino);
  if (is_mode("power-lost")) keep(options.state, options.copy);
}

/* @return whether it stays where it is */
static int on_call(struct thread *thread) {
  stop_info stop;
  if (has_killed) return 0;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof stop, &stop) <= 0) return 0;
  if (!is_point(thread->tid, &stop, options.output)) return 0;
  char text[256], comm[64];
  describe(thread->tid, &stop, text, sizeof text);
  read_words(thread->tid, "comm", comm, sizeof comm);
  fprintf(options.points, "%d %d %s%s %s\n", ++count, thread->group, comm, name_of((int)stop.seccomp.nr), text);
  if (count == options.at) {
    thread->is_stopped = 1;
    strike();
    /* A lab's holder goes on after the program that has made it. */
    if (has_ended) tell_killed();
    return is_mode("late") && thread->group != program;
  }
  follow(thread->tid, &stop);
  return 0;
}

static void on_stop(int tid, int status) {
  struct thread *thread = thread_of(tid);
  int event = status >> 16, signal = WSTOPSIG(status);
  int is_group_stop = event == PTRACE_EVENT_STOP && signal != SIGTRAP;
  thread->signal = event == 0 ? signal : 0;
  thread->is_stopped = 1;
  if (event == PTRACE_EVENT_EXEC) forget_siblings(thread->group);
  if (event == PTRACE_EVENT_SECCOMP && on_call(thread)) return;
  if (is_frozen) return;
  thread = thread_of(tid);
  if (is_group_stop) {
    thread->is_stopped = 0;
    ptrace(PTRACE_LISTEN, tid, NULL, NULL);
  } else go_on(thread, thread->signal);
}

/* Whether nobody is left but holders that sleep, who are let go. */
static int is_over(void) {
  if (!has_ended || is_frozen) return 0;
  for (int i = 0; i < thread_count; i++)
    if (!is_asleep(threads[i].group, options.state)) return 0;
  return 1;
}

static void let_go(void) {
  for (int i = 0; i < thread_count; i++) {
    int tid = threads[i].tid, status;
    if (!threads[i].is_stopped) {
      ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
      while (waitpid(tid, &status, __WALL) < 0 && errno == EINTR) continue;
    }
    ptrace(PTRACE_DETACH, tid, NULL, NULL);
  }
}

static void tell_stragglers(void) {
  for (int i = 0; i < thread_count; i++) {
    char words[300];
    read_words(threads[i].group, "cmdline", words, sizeof words);
    printf("straggler %d: %s\n", threads[i].group, words);
  }
  fflush(stdout);
}

static int told_to_go_on(void) {
  struct pollfd in = {STDIN_FILENO, POLLIN, 0};
  return poll(&in, 1, 0) > 0;
}

static int trace(void) {
  double ended_at = 0;
  for (;;) {
    int status, tid = waitpid(-1, &status, __WALL);
    if (tid < 0 && errno == ECHILD) return 0;
    if (tid > 0 && WIFSTOPPED(status)) on_stop(tid, status);
    if (tid > 0 && !WIFSTOPPED(status)) {
      forget_thread(tid);
      if (tid == program && has_killed) tell_killed();
      if (tid == program) has_ended = 1;
    }
    if (is_frozen && told_to_go_on()) {
      thaw();
      killed_at = now();
    }
    if (tid > 0 && !has_ended) continue;
    if (has_ended && ended_at == 0) ended_at = now();
    if (is_over()) {
      let_go();
      return 0;
    }
    double since = killed_at > ended_at ? killed_at : ended_at;
    if (!is_frozen && has_ended && now() - since > PATIENCE_MS) {
      tell_stragglers();
      return STRAGGLERS;
    }
  }
}

static void on_tick(int signal) { (void)signal; }

/* A signal now and then, so that waiting for the traced ends and the clock is looked at. */
static void start_ticking(void) {
  struct sigaction action = {.sa_handler = on_tick};
  sigaction(SIGUSR1, &action, NULL);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct itimerspec every = {{0, TICK_MS * 1000000L}, {0, TICK_MS * 1000000L}};
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &every, NULL)) exit(13);
}

/* Waits until it is traced, then becomes the program. */
static void become(int gate, int output, char **argv) {
  char byte;
  while (read(gate, &byte, 1) < 0 && errno == EINTR) continue;
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(126);
  close(null);
  if (install_filter()) _exit(NOT_ALLOWED);
  execvp(argv[0], argv);
  _exit(127);
}

static int start(int output, char **argv) {
  int gate[2];
  if (pipe2(gate, O_CLOEXEC)) return -1;
  int child = fork();
  if (child == 0) become(gate[0], output, argv);
  long wanted = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
  if (child < 0 || ptrace(PTRACE_SEIZE, child, NULL, wanted)) {
    kill(child, SIGKILL);
    return -1;
  }
  thread_of(child);
  if (write(gate[1], "", 1) != 1) return -1;
  close(gate[0]);
  close(gate[1]);
  return child;
}

static void fail_by_power(void) {
  if (is_mode("power-kept")) lose_data(options.state);
  if (is_mode("power-lost")) {
    restore(options.state, options.copy);
    run("rm -rf \"$1\"", options.copy, "");
  }
}

int main(int argc, char **argv) {
  if (argc < 9 || strcmp(argv[7], "--") != 0) {
    fprintf(stderr, "usage: tracer STATE OUTPUT POINTS MODE AT SECONDS -- PROGRAM [ARGUMENT…]\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm((unsigned)atoi(argv[6]));
  options.state = argv[1];
  options.mode = argv[4];
  options.at = atoi(argv[5]);
  options.points = fopen(argv[3], "we");
  int output = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
  struct stat found;
  if (!options.points || output < 0 || fstat(output, &found)) return 13;
  options.output = found.st_ino;
  snprintf(options.copy, sizeof options.copy, "%s.flushed", argv[3]);
  if (is_mode("power-lost")) keep(options.state, options.copy);
  program = start(output, &argv[8]);
  if (program < 0) return NOT_ALLOWED;
  start_ticking();
  int result = trace();
  fclose(options.points);
  if (has_killed) fail_by_power();
  return result ? result : has_killed || options.at == 0 ? 0 : NOT_REACHED;
}
