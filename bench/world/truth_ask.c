// SPDX-License-Identifier: MIT
#include "bench/world/truth_ask.h"

#include <stdlib.h>

void truth_begin(struct truth *t)
{
    t->kept = 0;
}

span truth_keep(struct truth *t, span s)
{
    if (s.len > KEEP_SIZE - t->kept) {
        fputs("world: the truth about one name is larger than its memory\n", stderr);
        abort();
    }
    char *at = t->keep + t->kept;
    if (s.len > 0) {
        memcpy(at, s.ptr, s.len);
    }
    t->kept += s.len;
    return span_of(at, s.len);
}

span truth_below(struct truth *t, const char *label, span name)
{
    char *at = t->keep + t->kept;
    size_t len = strlen(label) + 1 + name.len;
    (void)truth_keep(t, span_from_cstr(label));
    (void)truth_keep(t, SPAN("."));
    (void)truth_keep(t, name);
    return span_of(at, len);
}

span truth_registrable(const struct truth *t, span name)
{
    struct name n;
    if (!name_from_text(name, &n)) {
        return span_of("", 0);
    }
    size_t suffix = suffix_labels(t->world->suffixes, &n);
    return n.label_count > suffix ? span_last(name, name_tail(&n, suffix + 1).len) : span_of("", 0);
}

static enum found found_of(const struct reply *r, size_t count)
{
    if (r->is_silent) {
        return FOUND_TIMEOUT;
    }
    switch (r->rcode) {
    case RCODE_NOERROR:
        return count > 0 ? FOUND_RECORDS : FOUND_NODATA;
    case RCODE_NXDOMAIN:
        return FOUND_NXDOMAIN;
    case RCODE_SERVFAIL:
        return FOUND_SERVFAIL;
    case RCODE_REFUSED:
        return FOUND_REFUSED;
    default:
        return FOUND_BAD;
    }
}

static void keep_record(struct truth *t, const struct reply *r, size_t i, uint16_t type, struct asked *out)
{
    char text[8192];
    const uint8_t *rdata = reply_rdata(r, i);
    if (type == DNS_TXT) {
        out->txt[out->count] = truth_keep(t, span_of(text, reply_txt(r, i, text, sizeof(text))));
    } else if (type == DNS_MX) {
        out->mx[out->count].preference = (unsigned)(rdata[0] << 8 | rdata[1]);
        out->mx[out->count].host = truth_keep(t, reply_rdata_name(r, i, 2, text));
    } else if (type == DNS_A) {
        out->a[out->count] = (uint32_t)rdata[0] << 24 | (uint32_t)rdata[1] << 16 | (uint32_t)rdata[2] << 8 | rdata[3];
    } else if (type == DNS_AAAA) {
        memcpy(out->aaaa[out->count], rdata, 16);
    }
    out->count++;
}

void truth_ask(struct truth *t, span name, uint16_t type, struct asked *out)
{
    struct reply *r = &t->reply;
    struct name n;
    out->count = 0;
    out->has_alias = out->at_registry = false;
    out->found = FOUND_NXDOMAIN;
    if (!name_from_text(name, &n) || n.label_count == 0) {
        return;
    }
    world_answer(t->world, &n, type, r);
    for (size_t i = 0; i < r->count && !r->is_silent; i++) {
        if (r->records[i].type == type && out->count < ASK_RECORDS_MAX) {
            keep_record(t, r, i, type, out);
        }
        out->has_alias |= r->records[i].type == DNS_CNAME;
    }
    out->found = found_of(r, out->count);
    /* The zone that says no is a public suffix: the registrable domain itself is not there. */
    out->at_registry = out->found == FOUND_NXDOMAIN && truth_registrable(t, r->zone).len == 0;
}
