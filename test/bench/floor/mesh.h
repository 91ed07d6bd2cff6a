/* What a full mesh costs the kernel: every host asks every other, in batches, and a bit a pair says who was answered. */
#pragma once
#include "ping.h"

enum { MESH_BATCH = 64, MESH_BUFFER = 1 << 18 };

/* The hosts from `first` up to `end` ask. */
struct mesh {
  const int *fds;
  char *answered;
  int hosts, first, end;
};

static void keep_echo_replies(int fd) {
  uint32_t others = ~(1u << ICMP_ECHOREPLY);
  int bytes = MESH_BUFFER;
  check("setsockopt", setsockopt(fd, SOL_RAW, 1 /* ICMP_FILTER, linux/icmp.h */, &others, sizeof others));
  check("setsockopt", setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes));
}

/* A neighbour is asked at home, others where they are published. */
static uint32_t mesh_address(int from, int to) {
  return from / SITE == to / SITE ? inside_address(machine_of(to)) : public_address(to);
}

struct echo {
  struct icmphdr header;
  uint32_t pair, more;
};

static struct echo echo_of(uint32_t pair) {
  struct echo e = {.header = {.type = ICMP_ECHO, .un.echo.id = htons(pair & 0xffff)}, .pair = htonl(pair)};
  uint32_t sum = 0;
  for (size_t i = 0; i < sizeof e / 2; i++) sum += ((uint16_t *)&e)[i];
  sum = (sum & 0xffff) + (sum >> 16);
  e.header.checksum = (uint16_t)~(sum + (sum >> 16));
  return e;
}

static void mesh_collect(const struct mesh *m, int from) {
  static __thread char packets[MESH_BATCH][128];
  struct iovec parts[MESH_BATCH];
  struct mmsghdr batch[MESH_BATCH] = {0};
  for (int i = 0; i < MESH_BATCH; i++) {
    parts[i] = (struct iovec){packets[i], sizeof packets[i]};
    batch[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int count;
  do {
    count = recvmmsg(m->fds[from], batch, MESH_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
      struct iphdr *ip = (void *)packets[i];
      struct echo *e = (void *)(packets[i] + ip->ihl * 4);
      uint32_t pair = ntohl(e->pair), to = pair % m->hosts;
      if (pair / m->hosts == (uint32_t)from && ntohl(ip->saddr) == mesh_address(from, to)) m->answered[pair] = 1;
    }
  } while (count == MESH_BATCH);
}

static void mesh_ask(const struct mesh *m, int from, int first) {
  struct echo echoes[MESH_BATCH];
  struct sockaddr_in names[MESH_BATCH];
  struct iovec parts[MESH_BATCH];
  struct mmsghdr batch[MESH_BATCH] = {0};
  int count = 0;
  for (int step = first; step < first + MESH_BATCH && step < m->hosts; step++, count++) {
    int to = (from + step) % m->hosts;
    echoes[count] = echo_of((uint32_t)(from * m->hosts + to));
    names[count] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(mesh_address(from, to))};
    parts[count] = (struct iovec){&echoes[count], sizeof echoes[count]};
    batch[count].msg_hdr = (struct msghdr){
        .msg_name = &names[count], .msg_namelen = sizeof names[count], .msg_iov = &parts[count], .msg_iovlen = 1};
  }
  for (int at = 0; at < count;) {
    int sent = sendmmsg(m->fds[from], batch + at, count - at, 0);
    at += sent > 0 ? sent : 1;
  }
  mesh_collect(m, from);
}

static void *mesh_share(void *argument) {
  const struct mesh *m = argument;
  for (int first = 1; first < m->hosts; first += MESH_BATCH)
    for (int from = m->first; from < m->end; from++) mesh_ask(m, from, first);
  nanosleep(&(struct timespec){.tv_nsec = SWEEP_NANOSECONDS * 10}, NULL);
  for (int from = m->first; from < m->end; from++) mesh_collect(m, from);
  return NULL;
}
