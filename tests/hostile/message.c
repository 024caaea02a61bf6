// SPDX-License-Identifier: MIT
#include "tests/hostile/message.h"

#include <string.h>

enum { CLASS_IN = 1, STRING_MAX = 255, TTL_S = 300, RDLENGTH_SIZE = 2 };

static unsigned take16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool question_read(const uint8_t *query, size_t len, bool over_tcp, struct question *out)
{
    size_t at = HEADER_SIZE, used = 0;
    *out = (struct question){ .query = query, .query_len = len, .over_tcp = over_tcp };
    while (at < len && query[at] > 0 && query[at] < 64) {
        size_t label = query[at];
        if (at + label + 1 >= len || used + label + 2 >= sizeof(out->name)) {
            return false;
        }
        if (used > 0) {
            out->name[used++] = '.';
        }
        for (size_t i = 1; i <= label; i++) {
            out->name[used++] = lower(query[at + i]);
        }
        at += label + 1;
    }
    if (at + 5 > len || query[at] != 0) {
        return false;
    }
    out->end = at + 5;
    out->type = (uint16_t)take16(query + at + 1);
    out->has_edns = take16(query + ADDITIONAL) > 0;
    return true;
}

void message_bytes(struct message *m, const void *bytes, size_t len)
{
    if (len > MESSAGE_SIZE - m->len) {
        len = MESSAGE_SIZE - m->len;
    }
    if (len > 0) {
        memcpy(m->bytes + m->len, bytes, len);
    }
    m->len += len;
}

void message_u16(struct message *m, unsigned value)
{
    const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };
    message_bytes(m, bytes, sizeof(bytes));
}

void message_begin(struct message *m, const struct question *q, uint8_t rcode)
{
    m->len = 0;
    message_bytes(m, q->query, q->end);
    m->bytes[2] = 0x85; /* QR, AA, RD */
    m->bytes[3] = (uint8_t)(0x80 | rcode);
    memset(m->bytes + ANSWER, 0, HEADER_SIZE - ANSWER);
}

void message_count(struct message *m, enum section section)
{
    unsigned count = take16(m->bytes + section) + 1;
    m->bytes[section] = (uint8_t)(count >> 8);
    m->bytes[section + 1] = (uint8_t)count;
}

void message_name(struct message *m, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");
        const uint8_t length = (uint8_t)len;
        message_bytes(m, &length, 1);
        message_bytes(m, name, len);
        name += len + (name[len] == '.');
    }
    message_bytes(m, "", 1);
}

void message_fields(struct message *m, unsigned type, unsigned class, uint32_t ttl_s, unsigned data_len)
{
    message_u16(m, type);
    message_u16(m, class);
    message_u16(m, ttl_s >> 16);
    message_u16(m, ttl_s & 0xffff);
    message_u16(m, data_len);
}

static void at_question(struct message *m, enum section section)
{
    message_count(m, section);
    message_u16(m, 0xc000 | HEADER_SIZE);
}

void message_record(struct message *m, enum section section, unsigned type, const void *data, size_t len)
{
    at_question(m, section);
    message_fields(m, type, CLASS_IN, TTL_S, (unsigned)len);
    message_bytes(m, data, len);
}

void message_address(struct message *m)
{
    static const uint8_t address[4] = { 192, 0, 2, 1 };
    message_record(m, ANSWER, TYPE_A, address, sizeof(address));
}

void message_txt(struct message *m, const void *text, size_t len)
{
    const uint8_t *at = text;
    size_t strings = len == 0 ? 1 : (len + STRING_MAX - 1) / STRING_MAX;
    at_question(m, ANSWER);
    message_fields(m, TYPE_TXT, CLASS_IN, TTL_S, (unsigned)(len + strings));
    do {
        uint8_t length = (uint8_t)(len < STRING_MAX ? len : STRING_MAX);
        message_bytes(m, &length, 1);
        message_bytes(m, at, length);
        at += length;
        len -= length;
    } while (len > 0);
}

void message_txt_of(struct message *m, const char *text)
{
    message_txt(m, text, strlen(text));
}

/* The length of the data is known when it has been written. */
static void set_data_len(struct message *m, size_t data_at)
{
    size_t len = m->len - data_at;
    m->bytes[data_at - RDLENGTH_SIZE] = (uint8_t)(len >> 8);
    m->bytes[data_at - RDLENGTH_SIZE + 1] = (uint8_t)len;
}

void message_mx(struct message *m, unsigned preference, const char *host)
{
    at_question(m, ANSWER);
    message_fields(m, TYPE_MX, CLASS_IN, TTL_S, 0);
    size_t data_at = m->len;
    message_u16(m, preference);
    message_name(m, host);
    set_data_len(m, data_at);
}

void message_alias(struct message *m, const char *owner, const char *target)
{
    if (owner[0]) {
        message_count(m, ANSWER);
        message_name(m, owner);
    } else {
        at_question(m, ANSWER);
    }
    message_fields(m, TYPE_CNAME, CLASS_IN, TTL_S, 0);
    size_t data_at = m->len;
    message_name(m, target);
    set_data_len(m, data_at);
}

void message_soa(struct message *m, const char *zone)
{
    static const uint8_t numbers[20] = { [19] = 60 };
    message_count(m, AUTHORITY);
    message_name(m, zone);
    message_fields(m, TYPE_SOA, CLASS_IN, TTL_S, 2 + sizeof(numbers));
    message_bytes(m, "\0", 2); /* both names: the root */
    message_bytes(m, numbers, sizeof(numbers));
}

void message_opt(struct message *m, unsigned extended_rcode, unsigned version)
{
    message_count(m, ADDITIONAL);
    message_bytes(m, "", 1);
    message_fields(m, TYPE_OPT, UDP_REPLY_MAX, (uint32_t)extended_rcode << 24 | (uint32_t)version << 16, 0);
}
