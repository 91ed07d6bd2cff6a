/*
 * The kernel's floor: the shape wan-N (floor/wan.h) by one C program with as few system calls as it knows how.
 *
 *   floor HOSTS [THREADS [mesh]]      to be run in namespaces of its own; mesh: every host asks every other, too
 *
 * Prints milliseconds a phase as JSON, then waits for the end of its input: its end is the network's end.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>

#include "floor/mesh.h"
#include "floor/nat.h"
#include "floor/ping.h"
#include "floor/settings.h"

enum { MOST_HOSTS = 10000, MOST_THREADS = 16 };

struct machine {
  int namespace, socket, nat;
};

static struct machine *machines;
static int sites, threads = 2, fabric_socket;

static int count(void) { return sites * MACHINES; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void make_namespace(int i) {
  renew_proc();
  check("unshare", unshare(CLONE_NEWNET));
  machines[i].namespace = check("open", open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  machines[i].socket = netlink_open(NETLINK_ROUTE);
  no_ipv6();
  if (!is_router(i)) return;
  write_setting("/proc/sys/net/ipv4/ip_forward", "1");
  machines[i].nat = netlink_open(NETLINK_NETFILTER);
}

static void add_links(struct batch *fabric, int i) {
  uint32_t bridge = 2 + site_of(i), core = 2 + sites, port = core + 1 + 2 * i;
  struct end peer = {INSIDE, "eth0", machines[i].namespace, inside_address(i)};
  add_veth(fabric, port, bridge, peer);
  if (is_router(i)) {
    peer.index = OUTSIDE;
    peer.name = "eth1";
    peer.address = core_address(site_of(i));
    add_veth(fabric, port + 1, core, peer);
  }
  flush_if_full(fabric);
}

/* A thousand veths in one go; two threads would only wait for each other, as the kernel has one lock for links. */
static void make_links(void) {
  static struct batch fabric;
  fabric.fd = fabric_socket;
  for (int bridge = 0; bridge <= sites; bridge++) {
    add_bridge(&fabric, 2 + bridge);
    flush_if_full(&fabric);
  }
  for (int i = 0; i < count(); i++) add_links(&fabric, i);
  flush(&fabric);
}

static void configure_outside(struct batch *b, int site) {
  add_address(b, OUTSIDE, core_address(site), CORE_LENGTH);
  set_up(b, OUTSIDE);
  for (int other = 0; other < sites; other++) {
    if (other == site) continue;
    add_route(b, OUTSIDE, block(other), BLOCK_LENGTH, core_address(other));
    if (knows_neighbours(sites)) add_neighbour(b, OUTSIDE, core_address(other));
  }
}

static void configure(int i) {
  struct batch b;
  b.fd = machines[i].socket;
  b.end = b.count = 0;
  int first = site_of(i) * MACHINES;
  set_up(&b, LOOPBACK);
  add_address(&b, INSIDE, inside_address(i), SITE_LENGTH);
  set_up(&b, INSIDE);
  if (is_router(i)) configure_outside(&b, site_of(i));
  else add_route(&b, INSIDE, 0, 0, inside_address(first));
  for (int other = first; knows_neighbours(sites) && other < first + MACHINES; other++)
    if (other != i) add_neighbour(&b, INSIDE, inside_address(other));
  flush(&b);
  close(b.fd);
}

static void load_rules(int i) {
  if (!is_router(i)) return;
  struct batch b;
  b.fd = machines[i].nat;
  b.end = b.count = 0;
  load_nat(&b, inside_address(i + 1), public_address(site_of(i) * SITE), SITE);
  close(b.fd);
}

struct share {
  pthread_t thread;
  int from;
  void (*work)(int);
};

static void *run_share(void *argument) {
  struct share *share = argument;
  for (int i = share->from; i < count(); i += threads) share->work(i);
  return NULL;
}

static void on_every_machine(void (*work)(int)) {
  struct share shares[MOST_THREADS];
  for (int t = 0; t < threads; t++) {
    shares[t].from = t;
    shares[t].work = work;
    errno = pthread_create(&shares[t].thread, NULL, run_share, &shares[t]);
    if (errno) fail("pthread_create");
  }
  for (int t = 0; t < threads; t++) pthread_join(shares[t].thread, NULL);
}

static void make_fabric(void) {
  check("unshare", unshare(CLONE_NEWNET));
  no_ipv6();
  fabric_socket = netlink_open(NETLINK_ROUTE);
}

static void raise_file_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int prove(void) {
  int *namespaces = calloc(count(), sizeof *namespaces);
  for (int i = 0; i < count(); i++) namespaces[i] = machines[i].namespace;
  int answered = ping_all(namespaces, sites * SITE);
  free(namespaces);
  return answered;
}

static double processor_time(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

/* Every thread asks for a share of the hosts; milliseconds from the clock and of the processors. */
static void mesh(void) {
  int hosts = sites * SITE, pairs = hosts * hosts, answered = 0;
  int *fds = calloc(hosts, sizeof *fds);
  char *bits = calloc(pairs, 1);
  double start = now(), used = processor_time();
  for (int i = 0; i < hosts; i++) keep_echo_replies(fds[i] = open_ping(machines[machine_of(i)].namespace));
  struct mesh shares[MOST_THREADS];
  pthread_t running[MOST_THREADS];
  for (int t = 0; t < threads; t++) {
    shares[t] = (struct mesh){fds, bits, hosts, hosts * t / threads, hosts * (t + 1) / threads};
    errno = pthread_create(&running[t], NULL, mesh_share, &shares[t]);
    if (errno) fail("pthread_create");
  }
  for (int t = 0; t < threads; t++) pthread_join(running[t], NULL);
  for (int pair = 0; pair < pairs; pair++) answered += bits[pair];
  printf("\"meshAnswered\":%d,\"mesh\":%.1f,\"meshProcessor\":%.1f,", answered, now() - start,
         processor_time() - used);
}

static void build(void) {
  double start = now();
  make_fabric();
  on_every_machine(make_namespace);
  double namespaces = now();
  make_links();
  double links = now();
  on_every_machine(configure);
  double addresses = now();
  on_every_machine(load_rules);
  double end = now();
  printf("{\"hosts\":%d,\"namespaces\":%.1f,\"links\":%.1f,\"addresses\":%.1f,\"nat\":%.1f,\"total\":%.1f,",
         sites * SITE, namespaces - start, links - namespaces, addresses - links, end - addresses, end - start);
}

int main(int argc, char **argv) {
  int hosts = argc > 1 ? atoi(argv[1]) : 0;
  if (argc > 2) threads = atoi(argv[2]);
  if (hosts < SITE || hosts > MOST_HOSTS || hosts % SITE || threads < 1 || threads > MOST_THREADS) {
    fprintf(stderr, "usage: floor HOSTS [THREADS [mesh]]: HOSTS a multiple of %d, at most %d\n", SITE, MOST_HOSTS);
    return 2;
  }
  sites = hosts / SITE;
  machines = calloc(count(), sizeof *machines);
  raise_file_limit();
  build();
  if (argc > 3) mesh();
  printf("\"answered\":%d}\n", prove());
  fflush(stdout);
  char rest[256];
  while (read(STDIN_FILENO, rest, sizeof rest) > 0) continue;
  return 0;
}
