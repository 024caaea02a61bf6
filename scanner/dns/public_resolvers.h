// SPDX-License-Identifier: MIT
#pragma once

/*
 * Public resolvers everybody knows, and how fast they may be asked by who has said nothing: 1,000 packets a second
 * each. They serve all the world for nothing and limit or block who takes more than a share; whoever has an agreement
 * says so with --resolver-rate or rate=.
 *
 * Threads: any; pure.
 */

#include <sys/socket.h>

enum { PUBLIC_RESOLVER_RATE = 1000 };

/* The operator's name ("Cloudflare"), or NULL: the address is no well-known public resolver. The port is not looked at.
   IPv4 addresses mapped into IPv6 count too. */
const char *public_resolver_operator(const struct sockaddr_storage *address);
