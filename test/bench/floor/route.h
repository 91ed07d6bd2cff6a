/* The rtnetlink(7) messages of the floor: bridges, veths, addresses, routes, neighbours. Addresses in host order. */
#pragma once
#include <arpa/inet.h>
#include <net/if.h>

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "netlink.h"

enum { CREATE = NLM_F_CREATE | NLM_F_EXCL };

struct end {
  uint32_t index;
  const char *name;
  int namespace;
  uint32_t address; /* makes its MAC address */
};

static struct ifinfomsg *link_begin(struct batch *b, int flags, uint32_t index, int is_up) {
  struct ifinfomsg *link = begin(b, RTM_NEWLINK, flags, sizeof *link);
  link->ifi_index = (int)index;
  link->ifi_flags = link->ifi_change = is_up ? IFF_UP : 0;
  return link;
}

static void set_up(struct batch *b, uint32_t index) {
  link_begin(b, 0, index, 1);
  finish(b);
}

/* Named after its index: the kernel's search for a free name looks at all there are. */
static void attr_name(struct batch *b, uint32_t index) {
  char name[IFNAMSIZ];
  snprintf(name, sizeof name, "p%u", index);
  attr_text(b, IFLA_IFNAME, name);
}

static void add_bridge(struct batch *b, uint32_t index) {
  link_begin(b, CREATE, index, 1);
  attr_name(b, index);
  struct nlattr *info = nest(b, IFLA_LINKINFO);
  attr_text(b, IFLA_INFO_KIND, "bridge");
  struct nlattr *data = nest(b, IFLA_INFO_DATA);
  attr(b, IFLA_BR_MCAST_SNOOPING, "\0", 1);
  nest_end(b, data);
  nest_end(b, info);
  finish(b);
}

static void one_queue(struct batch *b) {
  attr_u32(b, IFLA_NUM_TX_QUEUES, 1);
  attr_u32(b, IFLA_NUM_RX_QUEUES, 1);
}

static void attr_mac(struct batch *b, int type, uint32_t address) {
  uint8_t mac[6] = {2, 0, address >> 24, address >> 16, address >> 8, address};
  attr(b, type, mac, sizeof mac);
}

/* Both ends in one message, each with the index it shall have; the peer cannot be up from the start. */
static void add_veth(struct batch *b, uint32_t index, uint32_t bridge, struct end peer) {
  link_begin(b, CREATE, index, 1);
  attr_name(b, index);
  attr_u32(b, IFLA_MASTER, bridge);
  one_queue(b);
  struct nlattr *info = nest(b, IFLA_LINKINFO);
  attr_text(b, IFLA_INFO_KIND, "veth");
  struct nlattr *data = nest(b, IFLA_INFO_DATA), *other = nest(b, VETH_INFO_PEER);
  struct ifinfomsg link = {.ifi_index = (int)peer.index};
  memcpy(b->bytes + b->end, &link, sizeof link);
  b->end += sizeof link;
  attr_text(b, IFLA_IFNAME, peer.name);
  attr_mac(b, IFLA_ADDRESS, peer.address);
  attr_u32(b, IFLA_NET_NS_FD, (uint32_t)peer.namespace);
  one_queue(b);
  nest_end(b, other);
  nest_end(b, data);
  nest_end(b, info);
  finish(b);
}

static void attr_ip(struct batch *b, int type, uint32_t address) { attr_u32(b, type, htonl(address)); }

static void add_address(struct batch *b, uint32_t index, uint32_t address, int length) {
  struct ifaddrmsg *m = begin(b, RTM_NEWADDR, CREATE, sizeof *m);
  *m = (struct ifaddrmsg){AF_INET, length, IFA_F_PERMANENT, 0, index};
  attr_ip(b, IFA_LOCAL, address);
  attr_ip(b, IFA_ADDRESS, address);
  finish(b);
}

/* A length of 0 is the default route. */
static void add_route(struct batch *b, uint32_t index, uint32_t to, int length, uint32_t via) {
  struct rtmsg *m = begin(b, RTM_NEWROUTE, CREATE, sizeof *m);
  *m = (struct rtmsg){.rtm_family = AF_INET, .rtm_dst_len = length, .rtm_table = RT_TABLE_MAIN,
                      .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST};
  if (length) attr_ip(b, RTA_DST, to);
  attr_ip(b, RTA_GATEWAY, via);
  attr_u32(b, RTA_OIF, index);
  finish(b);
}

static void add_neighbour(struct batch *b, uint32_t index, uint32_t address) {
  struct ndmsg *m = begin(b, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof *m);
  *m = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = (int)index, .ndm_state = NUD_PERMANENT};
  attr_ip(b, NDA_DST, address);
  attr_mac(b, NDA_LLADDR, address);
  finish(b);
}
