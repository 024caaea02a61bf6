// SPDX-License-Identifier: MIT
#pragma once

/*
 * Asks the DNS: one retry policy and one pace over all resolvers.
 *
 * A lookup is the caller's memory from asker_ask() until on_done; in between it is the asker's alone. A try is a flight:
 * one packet to one resolver, from a pool taken at start, so asking takes no memory. Tried again, each time on another
 * resolver where there is one that need not be waited for long: timeout, SERVFAIL, REFUSED, FORMERR and other rcodes,
 * malformed and lame replies, a question that came back in other case. The outcome is that of the most informative try: a
 * SERVFAIL beats a timeout, and no failure ever becomes "absent". A late reply to an earlier try of an open lookup counts.
 * A truncated reply is asked for again over TCP, which is no new try; neither is, eight times for a lookup, a REFUSED from a
 * resolver that refuses in bursts (learned_rate.h): it is waited out, longer each time.
 *
 * Pace: each resolver has a window (window.h); token buckets stand over all packets, over each resolver and each zone.
 * Waiting for a token or a window never eats a timeout.
 *
 * One turn of the loop:
 *     uv_run polls: replies are read and queued        (the asker's own uv_poll handles)
 *     asker_turn()   on_done for what is finished; sends what waits
 *     the caller asks more, here or inside on_done
 *     asker_flush()  sends what was asked since, and pushes the packets out
 * Both are to be called once after each poll (uv_check, or a uv_prepare started after asker_new() for the flush). The asker
 * wakes the loop itself: by its sockets, by a tick of 100 ms, and by a timer while only tokens are missing. Where replies
 * come in plenty its thread sleeps before a poll, for 2 ms at most (gather.h).
 *
 * Threads: the loop's; several askers may live in one process, each on its own loop. They share nothing but the zones' pace.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "scanner/base/arena.h"
#include "scanner/base/histogram.h"
#include "scanner/base/rrset.h"
#include "scanner/dns/link.h"

struct asker;
struct flight;
struct zone_pace;
struct shared_entry;

/* Zero it, then fill in the first part; it must stay where it is until on_done. */
struct lookup {
    span qname;                 /* presentation form (rrset.h), as lower case; borrowed until on_done */
    uint16_t qtype;
    bool checking_disabled;     /* CD. Never given to shared_ask(): the answer is no answer for anybody else */
    struct arena *arena;        /* where the rrset goes */
    const struct rrset **absence; /* an absent answer in that arena, NULL at first: one that says the same is not kept a second
                                   time, and its TTL and size are the first one's. NULL: each is kept */
    void *owner;                /* the caller's */
    uint64_t zone_key;          /* which zone bucket pays (a hash of the organizational domain); 0: none */
    const struct rrset *unwanted; /* for shared_ask(): where this failure is all that is known, it is asked anew; or NULL */

    /* Out. */
    const struct rrset *rrset;  /* never NULL after on_done; DNS_CUT when the arena was exhausted or the name cannot be
                                   encoded. Lies in the arena, in static memory, or in a shared entry (shared_targets.h) */
    uint8_t retries;            /* packets after the first, but for TCP */
    bool was_shared;            /* answered by what somebody else asked */
    bool over_tcp;
    bool lacks_memory;          /* DNS_CUT because the system had none for a shared answer; its own arena says so itself */

    /* Private to scanner/dns/. */
    struct link link;           /* waiting, parked, finished, or a waiter of a shared entry */
    struct flight *flights;     /* tries that c-ares still knows, newest first */
    void (*on_done)(struct lookup *, void *owner);  /* instead of the asker's */
    struct shared_entry *shared;
    const struct rrset *worst;  /* the most informative failure so far */
    uint64_t ready_ns;          /* parked until then */
    uint64_t failed_ns;         /* when the last packet that was refused or lost was sent; 0: none was */
    uint64_t tried;             /* resolvers tried, one bit each (index modulo 64) */
    uint32_t only_resolver;     /* index + 1: asks nobody else; 0: any */
    uint8_t tries, tries_max;   /* tries_max 0: as the options say */
    uint8_t place;              /* which list it is in */
    uint8_t refusals;           /* in bursts, which were no tries */
    uint8_t case_mismatches;
    bool without_edns, without_case, by_tcp;
    bool tcp_alone;             /* got no answer on a connection shared with others */
    bool is_follow_up;          /* what is sent next belongs to the try before: TCP after truncation */
    bool was_refused;           /* the packet of failed_ns */
    uint16_t last_resolver, failed_resolver;
};

struct resolver_spec {
    struct sockaddr_storage address;
    socklen_t len;
    const char *text;           /* for stats and messages; copied */
    double rate;                /* packets per second; 0: resolver_rate of the options */
    unsigned max_inflight;      /* 0: as many as the window finds */
};

struct asker_options {
    uv_loop_t *loop;
    const struct resolver_spec *resolvers;
    size_t resolver_count;      /* at least 1 */
    size_t concurrency;         /* ceiling of live flights over all resolvers; 0: 20,000 */
    double rate;                /* packets per second over all, retries too; 0: none */
    double resolver_rate;       /* per resolver; 0: none */
    struct zone_pace *zone_pace; /* over all askers of the process; borrowed. NULL: the next one */
    double zone_rate;           /* per zone_key, of this asker alone; 0: none */
    unsigned sharers, sharer;   /* the caps (concurrency, rates, max_inflight) are for so many askers together, of which
                                   this is that one, from 0; each keeps to its part. 0 sharers: alone */
    unsigned timeout_ms;        /* first try; 0: 2,500. Later ones back off by half with jitter */
    unsigned retries;           /* tries after the first; taken as it is, so 0 means one try */
    uint64_t seed;              /* of jitter and choice of resolver; ids and case come from the system */
    void (*on_done)(struct lookup *lookup, void *user);  /* may ask more, never frees the asker */
    void *user;
};

/* 0 or a negative errno; *out only on success. */
MUST_USE int asker_new(const struct asker_options *options, struct asker **out);

/* No on_done is called for open lookups: they are the caller's again. Handles are closed asynchronously: run the loop
   until it has none left before closing it. NULL is fine. */
void asker_free(struct asker *asker);

/* Never calls back before it returns. */
void asker_ask(struct asker *asker, struct lookup *lookup);

void asker_turn(struct asker *asker);
void asker_flush(struct asker *asker);

/* A time budget is over: every lookup asked and not yet finished (in line, parked, in flight) is handed to on_done at the
   next turn with the most informative failure its tries have met, DNS_TIMEOUT without one. Those of shared_targets.h
   too, as failures with their usual short life. Packets on their way keep their place in the windows until they are
   answered or out of time. What is asked afterwards is asked as ever. */
void asker_expire_open(struct asker *asker);

/* What is asked from now on has failed before: silence is no sign of load while the resolver answers a canary. */
void asker_expect_failures(struct asker *asker);

/* May another domain be admitted? False while what is in flight and waits fills the windows, or the tokens of half a
   second; retries that wait are not counted before asker_expect_failures(). */
bool asker_has_room(const struct asker *asker);

/* More waits than the windows will soon take: who has further questions had better keep them for a while. Looser than
   asker_has_room(), so that what was begun goes first. */
bool asker_is_behind(const struct asker *asker);

/* Lookups asked and not yet handed to on_done. */
size_t asker_open_count(const struct asker *asker);

/* Takes this list from now on (SIGHUP). Resolvers known by address keep their state; those left out are asked no more.
   0 or a negative errno. */
MUST_USE int asker_set_resolvers(struct asker *asker, const struct resolver_spec *resolvers, size_t count);

enum resolver_state {           /* from best to worst */
    RESOLVER_OK,
    RESOLVER_SLOW,          /* half of its answers take longer than a second */
    RESOLVER_LIMITING,      /* loses or refuses what exceeds a limit: it answered better when asked less, or more slowly */
    RESOLVER_DEAD,          /* taken out: nothing comes */
    RESOLVER_UNHELPFUL,     /* taken out: refuses or fails everything */
    RESOLVER_LYING          /* taken out: has told of a name that cannot exist; none of its answers count since */
};
const char *resolver_state_name(enum resolver_state state);

struct resolver_stats {
    const char *address;        /* spec.text; lasts as long as the asker */
    uint64_t queries, answers, timeouts, servfail, refused;
    double rtt_ms_p50, rtt_ms_p99;  /* 0 without answers */
    size_t window, in_flight;
    bool healthy;
    enum resolver_state state;
    double rate;                /* its cap, packets per second; 0: none */
    double learned_rate;        /* what it was found to bear and is asked at most; 0: no limit was found */
    bool is_retired;            /* left out by asker_set_resolvers */
    bool stalls_near_1000;      /* the window was cut again and again near 1,000: Debian's Unbound, wait-limit */
};

struct asker_stats {
    uint64_t queries;           /* packets sent, TCP questions among them */
    uint64_t answers;           /* replies that passed as replies, whatever their rcode */
    uint64_t timeouts, servfail, refused, retries, tcp;
    uint64_t case_mismatches, malformed;
    uint64_t send_errors;       /* datagrams the system would not take */
    uint64_t unexpected;        /* datagrams that answered no question in flight, up to the last tick: forged, or far too late */
    uint64_t rcodes[16];
    size_t in_flight, waiting;
    size_t resolver_count;
};

void asker_stats_get(const struct asker *asker, struct asker_stats *out);
void asker_resolver_stats_get(const struct asker *asker, size_t index, struct resolver_stats *out);

/* Round trips in microseconds, for sums over askers; read when the asker's loop does not run. */
const struct histogram *asker_resolver_rtt_us(const struct asker *asker, size_t index);

/* Start-up probe: asks every resolver for the root's name servers and for a name that cannot exist, twice at most; any reply
   counts as alive, an answer to the second as a lie, and who has lied is not asked anything else. on_probe comes
   from a later asker_turn(), once, with one result a resolver (memory lasts for the call). 0 or a negative errno. */
struct probe_result {
    const char *address;
    bool is_alive;
    bool has_lied;
    bool port_is_closed;        /* "connection refused" instead of silence */
    enum dns_outcome outcome;   /* of the probe: DNS_TIMEOUT when nothing came */
    double rtt_ms;
};
MUST_USE int asker_probe(struct asker *asker,
                         void (*on_probe)(const struct probe_result *results, size_t count, void *user), void *user);

/* For shared_targets.c: hands a lookup whose rrset is set to on_done at the next turn. */
void asker_finish(struct asker *asker, struct lookup *lookup);
