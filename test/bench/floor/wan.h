/*
 * The reference shape wan-N (wan.ts has it as a topology): sites of ten hosts and a border router, which are machines
 * 11 * site … 11 * site + 10, the router first; all routers on one core.
 */
#pragma once
#include <stdint.h>

enum { SITE = 10, MACHINES = SITE + 1 };
/* Of the interfaces: leaves room for what a kernel puts into every new namespace. */
enum { LOOPBACK = 1, INSIDE = 16, OUTSIDE = 17 };
enum { SITE_LENGTH = 24, CORE_LENGTH = 16, BLOCK_LENGTH = 28 };
/* labnet's bounds, of src/plan/neighbours.ts: from where on neighbours are installed. */
enum { ASKED_AT_MOST = 512 };

static int is_router(int machine) { return machine % MACHINES == 0; }
static int site_of(int machine) { return machine / MACHINES; }

/* 10.0.0.0/24 and on: the router is .1, its hosts .2 to .11. */
static uint32_t inside_address(int machine) {
  return (10u << 24) + ((uint32_t)site_of(machine) << 8) + 1 + machine % MACHINES;
}

/* 198.18.0.0/16 */
static uint32_t core_address(int site) { return (198u << 24) + (18u << 16) + 1 + site; }

/* 16 addresses a site: 198.19.0.0/28 and on. */
static uint32_t block(int site) { return (198u << 24) + (19u << 16) + 16 * site; }

static uint32_t public_address(int host) { return block(host / SITE) + 1 + host % SITE; }

static int machine_of(int host) { return host / SITE * MACHINES + 1 + host % SITE; }

static int knows_neighbours(int sites) { return sites * MACHINES * SITE + sites * (sites - 1) > ASKED_AT_MOST; }
