// SPDX-License-Identifier: MIT
#include "bench/world/reply.h"
#include "bench/world/name.h"

void reply_init(struct reply *r)
{
    r->is_silent = false;
    r->rcode = RCODE_NOERROR;
    r->is_wildcard = false;
    r->owner = REPLY_OWNER_QUESTION;
    r->count = 0;
    r->pool_len = 0;
    r->ttl_s = 300;
    r->zone = span_of("", 0);
}

static uint8_t *reserve(struct reply *r, size_t len)
{
    if (r->count >= REPLY_RECORDS_MAX || len > (size_t)(REPLY_POOL_SIZE - r->pool_len)) {
        return NULL;
    }
    return r->pool + r->pool_len;
}

static void push(struct reply *r, uint16_t type, size_t len)
{
    r->records[r->count++] = (struct reply_record){
        .type = type,
        .owner = r->owner,
        .ttl_s = r->ttl_s,
        .rdata_len = (uint16_t)len,
        .rdata_at = r->pool_len,
    };
    r->pool_len = (uint16_t)(r->pool_len + len);
}

void reply_add_txt(struct reply *r, span text)
{
    reply_add_txt_cut(r, text, text.len);
}

void reply_add_txt_cut(struct reply *r, span text, size_t cut)
{
    uint8_t *out = reserve(r, text.len + text.len / 255 + 3);
    if (!out) {
        return;
    }
    size_t at = 0;
    size_t done = 0;
    do {
        size_t end = done < cut ? cut : text.len;
        size_t n = end - done < 255 ? end - done : 255;
        out[at++] = (uint8_t)n;
        if (n > 0) {
            memcpy(out + at, text.ptr + done, n);
        }
        at += n;
        done += n;
    } while (done < text.len);
    push(r, DNS_TXT, at);
}

void reply_add_mx(struct reply *r, uint16_t preference, span host)
{
    uint8_t *out = reserve(r, NAME_WIRE_MAX + 2);
    if (!out) {
        return;
    }
    out[0] = (uint8_t)(preference >> 8);
    out[1] = (uint8_t)preference;
    size_t n = name_to_wire(host, out + 2, NAME_WIRE_MAX);
    if (n > 0) {
        push(r, DNS_MX, n + 2);
    }
}

void reply_add_cname(struct reply *r, span target)
{
    uint8_t *out = reserve(r, NAME_WIRE_MAX);
    size_t n = out ? name_to_wire(target, out, NAME_WIRE_MAX) : 0;
    if (n > 0) {
        push(r, DNS_CNAME, n);
        r->owner = (uint16_t)(r->count - 1);
    }
}

void reply_add_a(struct reply *r, uint32_t address)
{
    uint8_t *out = reserve(r, 4);
    if (out) {
        for (int i = 0; i < 4; i++) {
            out[i] = (uint8_t)(address >> (24 - 8 * i));
        }
        push(r, DNS_A, 4);
    }
}

void reply_add_aaaa(struct reply *r, const uint8_t address[16])
{
    uint8_t *out = reserve(r, 16);
    if (out) {
        memcpy(out, address, 16);
        push(r, DNS_AAAA, 16);
    }
}

size_t reply_txt(const struct reply *r, size_t i, char *out, size_t room)
{
    const uint8_t *rdata = reply_rdata(r, i);
    size_t len = r->records[i].rdata_len;
    size_t at = 0;
    size_t used = 0;
    while (at < len) {
        size_t n = rdata[at++];
        n = n < len - at ? n : len - at;
        size_t take = n < room - used ? n : room - used;
        memcpy(out + used, rdata + at, take);
        used += take;
        at += n;
    }
    return used;
}

span reply_rdata_name(const struct reply *r, size_t i, size_t skip, char out[256])
{
    const uint8_t *rdata = reply_rdata(r, i);
    size_t len = r->records[i].rdata_len;
    size_t at = skip;
    size_t used = 0;
    while (at < len && rdata[at] != 0) {
        size_t n = rdata[at++];
        if (used > 0) {
            out[used++] = '.';
        }
        memcpy(out + used, rdata + at, n);
        used += n;
        at += n;
    }
    if (used == 0) {
        out[used++] = '.';
    }
    return span_of(out, used);
}
