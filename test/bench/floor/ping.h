/* The proof that it is a network: every host pings the public address of the host half of all further on. */
#pragma once
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <time.h>

#include "netlink.h"
#include "wan.h"

enum { TRIES = 5, SWEEPS = 100, SWEEP_NANOSECONDS = 5000000, IDENTITY = 4711 };

static int open_ping(int namespace) {
  check("setns", setns(namespace, CLONE_NEWNET));
  return check("socket", socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static void send_ping(int fd, uint32_t to) {
  struct icmphdr echo = {.type = ICMP_ECHO, .un.echo.id = IDENTITY};
  echo.checksum = (uint16_t)~(ICMP_ECHO + IDENTITY);
  struct sockaddr_in target = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(to)};
  sendto(fd, &echo, sizeof echo, 0, (struct sockaddr *)&target, sizeof target);
}

/* Raw sockets see what others ask as well; an answer counts only from the address that was asked. */
static int has_answer(int fd, uint32_t from) {
  char packet[256];
  while (recv(fd, packet, sizeof packet, 0) > 0) {
    struct iphdr *ip = (void *)packet;
    struct icmphdr *icmp = (void *)(packet + ip->ihl * 4);
    if (icmp->type == ICMP_ECHOREPLY && ntohl(ip->saddr) == from) return 1;
  }
  return 0;
}

static int collect(const int *fds, char *answered, int hosts) {
  int found = 0;
  for (int i = 0; i < hosts; i++) {
    if (!answered[i]) answered[i] = has_answer(fds[i], public_address((i + hosts / 2) % hosts));
    found += answered[i];
  }
  return found;
}

/* How many of the hosts got an answer. */
static int ping_all(const int *namespaces, int hosts) {
  int *fds = calloc(hosts, sizeof *fds), found = 0;
  char *answered = calloc(hosts, 1);
  for (int i = 0; i < hosts; i++) fds[i] = open_ping(namespaces[machine_of(i)]);
  for (int try = 0; try < TRIES && found < hosts; try++) {
    for (int i = 0; i < hosts; i++)
      if (!answered[i]) send_ping(fds[i], public_address((i + hosts / 2) % hosts));
    for (int sweep = 0; sweep < SWEEPS && (found = collect(fds, answered, hosts)) < hosts; sweep++)
      nanosleep(&(struct timespec){.tv_nsec = SWEEP_NANOSECONDS}, NULL);
  }
  for (int i = 0; i < hosts; i++) close(fds[i]);
  free(answered);
  free(fds);
  return found;
}
