// SPDX-License-Identifier: MIT
#pragma once

/*
 * The resolvers to ask: from -r (a file or a comma list) or the system's resolv.conf.
 *
 * A line, or an element of a comma list: `IP`, `IP:port`, `IPv6`, `[IPv6]:port`, a link-local one with `%interface`;
 * then, after blanks, `rate=N` (queries a second; `1.5k`) and `max-inflight=N`; `#` starts a comment. An address given
 * twice counts once, the later options win. Names of hosts are refused: who would resolve them?
 *
 * Threads: one at a time.  Memory: one array, at most RESOLVER_LIST_MAX entries.
 */

#include <stddef.h>
#include <sys/socket.h>

enum {
    RESOLVER_LIST_MAX = 4096,
    RESOLVER_TEXT_SIZE = 80,
};

struct resolver_entry {
    struct sockaddr_storage address;
    socklen_t address_len;
    char text[RESOLVER_TEXT_SIZE]; /* "192.0.2.1", "[2001:db8::1]:5353": the port when it is not 53 */
    double rate;                   /* queries a second; 0: not given */
    unsigned max_inflight;         /* 0: not given */
};

struct resolver_list {
    struct resolver_entry *entries;
    size_t count;
};

/* An empty list is all zero. */
void resolver_list_deinit(struct resolver_list *list);

/*
 * Adds what one -r says. It is a comma list when its first element is an address, else the path of a file ("-" is not
 * stdin). 0, or a negative errno with one line in error[] ("file:line: ..."): -EINVAL for what cannot be understood. On
 * failure the list is as before.
 */
int resolver_list_add(struct resolver_list *list, const char *what, char *error, size_t error_size);

/* Adds the `nameserver` lines of resolv.conf(5); `path` NULL: /etc/resolv.conf. None there: -ENOENT. */
int resolver_list_add_system(struct resolver_list *list, const char *path, char *error, size_t error_size);
