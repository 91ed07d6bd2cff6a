/* 1:1 NAT by nf_tables, without nft: the messages of one batch (linux/netfilter/nf_tables.h). */
#pragma once
#include "route.h" /* the C library's headers of the network come before the kernel's */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>

enum { SOURCE_AT = 12, DESTINATION_AT = 16 }; /* in the header of IPv4 */

static void attr_be32(struct batch *b, int type, uint32_t value) { attr_u32(b, type, htonl(value)); }

static void nft_begin(struct batch *b, int type, int family, int resource) {
  struct nfgenmsg *m = begin(b, type, NLM_F_CREATE | NLM_F_APPEND, sizeof *m);
  *m = (struct nfgenmsg){family, NFNETLINK_V0, htons(resource)};
}

static void nft_message(struct batch *b, int type) {
  nft_begin(b, NFNL_SUBSYS_NFTABLES << 8 | type, AF_INET, 0);
}

static void add_chain(struct batch *b, const char *name, int hook, int priority) {
  nft_message(b, NFT_MSG_NEWCHAIN);
  attr_text(b, NFTA_CHAIN_TABLE, "nat");
  attr_text(b, NFTA_CHAIN_NAME, name);
  struct nlattr *at = nest(b, NFTA_CHAIN_HOOK);
  attr_be32(b, NFTA_HOOK_HOOKNUM, hook);
  attr_be32(b, NFTA_HOOK_PRIORITY, priority);
  nest_end(b, at);
  attr_text(b, NFTA_CHAIN_TYPE, "nat");
  finish(b);
}

struct expression {
  struct nlattr *element, *data;
};

static struct expression expression(struct batch *b, const char *name) {
  struct expression e = {.element = nest(b, NFTA_LIST_ELEM)};
  attr_text(b, NFTA_EXPR_NAME, name);
  e.data = nest(b, NFTA_EXPR_DATA);
  return e;
}

static void expression_end(struct batch *b, struct expression e) {
  nest_end(b, e.data);
  nest_end(b, e.element);
}

static void attr_value(struct batch *b, int type, uint32_t address) {
  struct nlattr *data = nest(b, type);
  attr_ip(b, NFTA_DATA_VALUE, address);
  nest_end(b, data);
}

/* Goes on where the address at this place of the header is this one. */
static void match(struct batch *b, int offset, uint32_t address) {
  struct expression load = expression(b, "payload");
  attr_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
  attr_be32(b, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
  attr_be32(b, NFTA_PAYLOAD_OFFSET, offset);
  attr_be32(b, NFTA_PAYLOAD_LEN, sizeof address);
  expression_end(b, load);
  struct expression compare = expression(b, "cmp");
  attr_be32(b, NFTA_CMP_SREG, NFT_REG_1);
  attr_be32(b, NFTA_CMP_OP, NFT_CMP_EQ);
  attr_value(b, NFTA_CMP_DATA, address);
  expression_end(b, compare);
}

static void translate(struct batch *b, int type, uint32_t to) {
  struct expression load = expression(b, "immediate");
  attr_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
  attr_value(b, NFTA_IMMEDIATE_DATA, to);
  expression_end(b, load);
  struct expression nat = expression(b, "nat");
  attr_be32(b, NFTA_NAT_TYPE, type);
  attr_be32(b, NFTA_NAT_FAMILY, AF_INET);
  attr_be32(b, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
  expression_end(b, nat);
}

static void add_rule(struct batch *b, int type, uint32_t from, uint32_t to) {
  nft_message(b, NFT_MSG_NEWRULE);
  attr_text(b, NFTA_RULE_TABLE, "nat");
  attr_text(b, NFTA_RULE_CHAIN, type == NFT_NAT_DNAT ? "in" : "out");
  struct nlattr *list = nest(b, NFTA_RULE_EXPRESSIONS);
  match(b, type == NFT_NAT_DNAT ? DESTINATION_AT : SOURCE_AT, from);
  translate(b, type, to);
  nest_end(b, list);
  finish(b);
}

/* `count` hosts from `inside` on are seen as `outside` and on; whatever way they take, so also by hairpin. */
static void load_nat(struct batch *b, uint32_t inside, uint32_t outside, int count) {
  nft_begin(b, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  finish(b);
  nft_message(b, NFT_MSG_NEWTABLE);
  attr_text(b, NFTA_TABLE_NAME, "nat");
  finish(b);
  add_chain(b, "in", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST);
  add_chain(b, "out", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC);
  for (int i = 0; i < count; i++) {
    add_rule(b, NFT_NAT_DNAT, outside + i, inside + i);
    add_rule(b, NFT_NAT_SNAT, inside + i, outside + i);
  }
  ask_answer(b);
  uint32_t last = b->count - 1;
  nft_begin(b, NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  finish(b);
  check("send", (int)send(b->fd, b->bytes, b->end, 0));
  netlink_answers(b->fd, last);
  b->end = b->count = 0;
}
