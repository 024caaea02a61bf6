// SPDX-License-Identifier: MIT
#include "bench/world/listener.h"

/* What a resolver that earns by mistyped names says of one (TEST-NET-3, RFC 5737). */
static bool rewrite_nxdomain(enum rewrite how, uint16_t type, struct reply *r)
{
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x66 };
    bool is_address = type == DNS_A || type == DNS_AAAA;
    if (how == REWRITE_NONE || r->rcode != RCODE_NXDOMAIN || r->count > 0 || (how == REWRITE_ADDRESS && !is_address)) {
        return false;
    }
    span zone = r->zone;
    reply_init(r);
    r->zone = zone;
    if (type == DNS_A) {
        reply_add_a(r, 0xcb007142);
    } else if (type == DNS_AAAA) {
        reply_add_aaaa(r, v6);
    } else if (type == DNS_TXT) {
        reply_add_txt(r, SPAN("v=spf1 +all"));
    } else if (type == DNS_MX) {
        reply_add_mx(r, 10, SPAN("catchall.example"));
    }
    return true;
}

static void write_question(struct listener *l, const struct query *q)
{
    static const struct {
        uint16_t type;
        const char *name;
    } types[] = { { DNS_A, "A" }, { DNS_AAAA, "AAAA" }, { DNS_MX, "MX" }, { DNS_TXT, "TXT" } };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == q->type) {
            fprintf(l->questions, "%.*s %s\n", (int)q->name.len, q->name.text, types[i].name);
        }
    }
}

static enum listener_says ask_world(struct listener *l, const struct query *q, struct counters *c, struct reply *reply,
                                    uint8_t *rcode)
{
    if (q->opcode != 0 || q->class != 1 || q->edns_version != 0) {
        *rcode = q->opcode != 0 ? RCODE_NOTIMP : RCODE_REFUSED;
        return LISTENER_RCODE;
    }
    world_answer(l->world, &q->name, q->type, reply);
    if (reply->is_silent) {
        counters_add(c, COUNT_SILENT, 1);
        return LISTENER_SILENT;
    }
    counters_add(c, COUNT_REWRITTEN, rewrite_nxdomain(l->behaviour.rewrite, q->type, reply));
    return LISTENER_REPLY;
}

enum listener_says listener_ask(struct listener *l, const struct query *q, uint64_t client, uint64_t now_ms,
                                struct counters *c, struct reply *reply, uint8_t *rcode)
{
    counters_add_query(c, q->type);
    if (l->questions) {
        write_question(l, q);
    }
    switch (gate_pass(&l->gate, client, now_ms)) {
    case GATE_DEAD:
        counters_add_drop(c, COUNT_DEAD);
        return LISTENER_SILENT;
    case GATE_OVER_PLATEAU:
        counters_add_drop(c, COUNT_OVER_PLATEAU);
        return LISTENER_SILENT;
    case GATE_OVER_LIMIT:
        if (l->behaviour.over_limit == OVER_LIMIT_DROP) {
            counters_add_drop(c, COUNT_OVER_LIMIT);
            return LISTENER_SILENT;
        }
        counters_add(c, COUNT_OVER_LIMIT, 1);
        *rcode = RCODE_REFUSED;
        return LISTENER_REFUSED;
    case GATE_SERVFAIL:
        *rcode = RCODE_SERVFAIL;
        return LISTENER_RCODE;
    case GATE_OPEN:
        break;
    }
    enum listener_says says = ask_world(l, q, c, reply, rcode);
    if (says == LISTENER_SILENT) {
        gate_leave(&l->gate, client);
    }
    return says;
}
