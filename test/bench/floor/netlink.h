/* Batches of netlink messages (netlink(7)): many in one send, one answer to the last. */
#pragma once
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Below a socket's default send buffer, with room for one more message. */
enum { BATCH_FULL = 96 << 10, BATCH_SIZE = BATCH_FULL + 4096 };

struct batch {
  int fd;
  uint32_t count;
  size_t end;
  struct nlmsghdr *message;
  char bytes[BATCH_SIZE] __attribute__((aligned(8)));
};

static void fail(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int check(const char *what, int result) {
  if (result < 0) fail(what);
  return result;
}

static int netlink_open(int protocol) {
  return check("socket", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
}

/* Reads answers until the one to message `last`; a refusal ends the program. */
static void netlink_answers(int fd, uint32_t last) {
  char inbox[1 << 16] __attribute__((aligned(8)));
  for (;;) {
    int length = check("recv", (int)recv(fd, inbox, sizeof inbox, 0));
    for (struct nlmsghdr *m = (void *)inbox; NLMSG_OK(m, (unsigned)length); m = NLMSG_NEXT(m, length)) {
      if (m->nlmsg_type != NLMSG_ERROR) continue;
      errno = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
      if (errno) fail("netlink");
      if (m->nlmsg_seq == last) return;
    }
  }
}

static void batch_send(struct batch *b) {
  if (b->count == 0) return;
  check("send", (int)send(b->fd, b->bytes, b->end, 0));
  netlink_answers(b->fd, b->count - 1);
  b->end = b->count = 0;
}

/* Starts a message; its fixed part, such as struct ifinfomsg, is returned to be filled in. */
static void *begin(struct batch *b, int type, int flags, size_t fixed) {
  struct nlmsghdr *m = b->message = (void *)(b->bytes + b->end);
  memset(m, 0, NLMSG_SPACE(fixed));
  m->nlmsg_type = type;
  m->nlmsg_flags = flags | NLM_F_REQUEST;
  m->nlmsg_seq = b->count++;
  b->end += NLMSG_SPACE(fixed);
  return NLMSG_DATA(m);
}

static void finish(struct batch *b) { b->message->nlmsg_len = b->bytes + b->end - (char *)b->message; }

/* The last of a batch asks for an answer, so that one comes whatever happens. */
static void ask_answer(struct batch *b) { b->message->nlmsg_flags |= NLM_F_ACK; }

static void flush(struct batch *b) {
  if (b->count > 0) ask_answer(b);
  batch_send(b);
}

static void flush_if_full(struct batch *b) {
  if (b->end >= BATCH_FULL) flush(b);
}

static struct nlattr *attr(struct batch *b, int type, const void *value, size_t length) {
  struct nlattr *a = (void *)(b->bytes + b->end);
  memset(a, 0, NLA_ALIGN(NLA_HDRLEN + length));
  a->nla_type = type;
  a->nla_len = NLA_HDRLEN + length;
  if (length) memcpy((char *)a + NLA_HDRLEN, value, length);
  b->end += NLA_ALIGN(a->nla_len);
  return a;
}

static void attr_u32(struct batch *b, int type, uint32_t value) { attr(b, type, &value, sizeof value); }

static void attr_text(struct batch *b, int type, const char *text) { attr(b, type, text, strlen(text) + 1); }

static struct nlattr *nest(struct batch *b, int type) { return attr(b, type | NLA_F_NESTED, NULL, 0); }

static void nest_end(struct batch *b, struct nlattr *a) { a->nla_len = b->bytes + b->end - (char *)a; }
