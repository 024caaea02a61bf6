// SPDX-License-Identifier: MIT
#include "bench/world/wire.h"

enum { TYPE_OPT = 41, OPT_SIZE = 11, SOA_TTL = 300, FLAG_QR = 0x80, FLAG_TC = 0x02, FLAG_RA = 0x80, FLAG_RD = 0x01 };

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

/* The additional section of a query: an OPT, perhaps others. False when a record runs over the end. */
static bool read_additional(const uint8_t *p, size_t len, size_t at, unsigned count, struct query *q)
{
    struct name owner;
    for (unsigned i = 0; i < count; i++) {
        size_t n = name_from_wire(p + at, len - at, &owner);
        if (n == 0 || len - at - n < 10) {
            return false;
        }
        const uint8_t *fixed = p + at + n;
        size_t rdata_len = get16(fixed + 8);
        at += n + 10;
        if (len - at < rdata_len) {
            return false;
        }
        at += rdata_len;
        if (get16(fixed) != TYPE_OPT) {
            continue;
        }
        if (q->has_edns || owner.label_count != 0) {
            return false; /* RFC 6891 6.1.1 */
        }
        q->has_edns = true;
        q->edns_version = fixed[5];
        q->wants_dnssec = (fixed[6] & 0x80) != 0;
        uint16_t size = get16(fixed + 2);
        q->udp_size = size < 512 ? 512 : size > WIRE_UDP_MAX ? WIRE_UDP_MAX : size;
    }
    return at == len;
}

bool wire_read_query(const uint8_t *packet, size_t len, struct query *out)
{
    if (len < WIRE_HEADER || len > WIRE_QUERY_MAX || (packet[2] & FLAG_QR) || get16(packet + 4) != 1 ||
        get16(packet + 6) != 0 || get16(packet + 8) != 0 || get16(packet + 10) > 2) {
        return false;
    }
    size_t n = name_from_wire(packet + WIRE_HEADER, len - WIRE_HEADER, &out->name);
    if (n == 0 || len - WIRE_HEADER - n < 4) {
        return false;
    }
    size_t end = WIRE_HEADER + n + 4;
    out->packet = packet;
    out->question_end = end;
    out->opcode = (packet[2] >> 3) & 15;
    out->type = get16(packet + end - 4);
    out->class = get16(packet + end - 2);
    out->has_edns = false;
    out->edns_version = 0;
    out->wants_dnssec = false;
    out->udp_size = 512;
    return read_additional(packet, len, end, get16(packet + 10), out);
}

static size_t write_head(const struct query *q, uint8_t rcode, uint8_t *out)
{
    memcpy(out, q->packet, q->question_end);
    out[2] = (uint8_t)(FLAG_QR | (q->packet[2] & (0x78 | FLAG_RD)));
    out[3] = (uint8_t)(FLAG_RA | (rcode & 15));
    memset(out + 6, 0, 6);
    return q->question_end;
}

static size_t write_opt(const struct query *q, uint8_t extended_rcode, uint8_t *out, size_t at)
{
    if (!q->has_edns) {
        return at;
    }
    memset(out + at, 0, OPT_SIZE);
    put16(out + at + 1, TYPE_OPT);
    put16(out + at + 3, 1232);
    out[at + 5] = extended_rcode;
    out[at + 7] = q->wants_dnssec ? 0x80 : 0;
    put16(out + 10, 1);
    return at + OPT_SIZE;
}

size_t wire_write_rcode(const struct query *q, uint8_t rcode, uint8_t *out)
{
    return write_opt(q, (uint8_t)(rcode >> 4), out, write_head(q, rcode, out));
}

/* A pointer into the question when the name is one of its tails (text and wire offsets are the same), else the name
 * itself. */
static size_t write_zone(const struct query *q, span zone, uint8_t *out)
{
    span name = span_of(q->name.text, q->name.len);
    if (zone.len > 0 && span_ends_with(name, zone) &&
        (name.len == zone.len || name.ptr[name.len - zone.len - 1] == '.')) {
        put16(out, 0xc000 | (WIRE_HEADER + (name.len - zone.len)));
        return 2;
    }
    return name_to_wire(zone, out, NAME_WIRE_MAX);
}

static size_t write_record_head(uint8_t *out, uint16_t type, uint32_t ttl_s, size_t rdata_len)
{
    put16(out, type);
    put16(out + 2, 1);
    put32(out + 4, ttl_s);
    put16(out + 8, rdata_len);
    return 10;
}

/* Owner, 10 bytes, mname, rname, five numbers: under 3 * 255 + 64 bytes. */
enum { SOA_MAX = 3 * NAME_WIRE_MAX + 64 };

static size_t write_soa(const struct query *q, span zone, uint8_t *out)
{
    static const uint32_t numbers[] = { 2026110100, 7200, 3600, 1209600, SOA_TTL };
    size_t at = write_zone(q, zone, out);
    size_t head = at;
    at += 10;
    memcpy(out + at, "\3ns1", 4);
    at += 4;
    at += write_zone(q, zone, out + at);
    memcpy(out + at, "\12hostmaster", 11);
    at += 11;
    at += write_zone(q, zone, out + at);
    for (size_t i = 0; i < 5; i++) {
        put32(out + at, numbers[i]);
        at += 4;
    }
    (void)write_record_head(out + head, DNS_SOA, SOA_TTL, at - head - 10);
    return at;
}

static size_t write_owner(const struct reply *r, size_t i, const uint16_t *cname_at, uint8_t *out)
{
    uint16_t owner = r->records[i].owner;
    size_t target = owner == REPLY_OWNER_QUESTION ? WIRE_HEADER : cname_at[owner];
    if (target < 0x4000) {
        put16(out, 0xc000 | target);
        return 2;
    }
    memcpy(out, reply_rdata(r, owner), r->records[owner].rdata_len);
    return r->records[owner].rdata_len;
}

static bool has_type(const struct reply *r, uint16_t type)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->records[i].type == type) {
            return true;
        }
    }
    return false;
}

size_t wire_write_truncated(const struct query *q, uint8_t rcode, uint8_t *out)
{
    size_t at = write_head(q, rcode, out);
    out[2] |= FLAG_TC;
    return write_opt(q, 0, out, at);
}

size_t wire_write_reply(const struct query *q, const struct reply *r, uint8_t *out, size_t limit)
{
    size_t at = write_head(q, r->rcode, out);
    uint16_t cname_at[REPLY_RECORDS_MAX];
    size_t kept = q->has_edns ? OPT_SIZE : 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct reply_record *rr = &r->records[i];
        if (limit - at < (size_t)NAME_WIRE_MAX + 10 + rr->rdata_len + kept && limit - at < 12u + rr->rdata_len + kept) {
            return wire_write_truncated(q, r->rcode, out);
        }
        at += write_owner(r, i, cname_at, out + at);
        at += write_record_head(out + at, rr->type, rr->ttl_s, rr->rdata_len);
        if (rr->type == DNS_CNAME) {
            cname_at[i] = (uint16_t)at;
        }
        memcpy(out + at, reply_rdata(r, i), rr->rdata_len);
        at += rr->rdata_len;
    }
    put16(out + 6, r->count);
    bool is_negative = (r->rcode == RCODE_NOERROR || r->rcode == RCODE_NXDOMAIN) && !has_type(r, q->type);
    if (is_negative) {
        uint8_t soa[SOA_MAX];
        size_t n = write_soa(q, r->zone, soa);
        if (limit - at >= n + kept) {
            memcpy(out + at, soa, n);
            at += n;
            put16(out + 8, 1);
        }
    }
    return write_opt(q, 0, out, at);
}
