// SPDX-License-Identifier: MIT
#include "tests/hostile/evil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVFAIL = 2, NXDOMAIN = 3, CLASS_IN = 1, CLASS_CH = 3, FLOOD = 200, BOMB_FAN_OUT = 20, BOMB_DEPTH = 20 };

#define SENDER "v=spf1 ip4:192.0.2.1 -all"

/* ---- The truth -------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);
    return len >= tail && strcmp(name + len - tail, suffix) == 0;
}

/* "mx" of "mx.good-1.healthy"; "" at the name itself. *label is the one below the zone. */
static bool split(const char *name, const char *zone, char below[static NAME_TEXT_SIZE],
                  char label[static NAME_TEXT_SIZE])
{
    if (!ends_with(name, zone) || strlen(name) < strlen(zone) + 2 || name[strlen(name) - strlen(zone) - 1] != '.') {
        return false;
    }
    snprintf(below, NAME_TEXT_SIZE, "%.*s", (int)(strlen(name) - strlen(zone) - 1), name);
    char *dot = strrchr(below, '.');
    snprintf(label, NAME_TEXT_SIZE, "%s", dot ? dot + 1 : below);
    *(dot ? dot : below) = 0;
    return true;
}

static void absent(struct message *m, const struct question *q, uint8_t rcode, const char *zone)
{
    message_begin(m, q, rcode);
    message_soa(m, zone);
}

/* What a protected domain answers. */
static void answer_good(struct message *m, const struct question *q, const char *below, const char *label,
                        const char *zone)
{
    char host[2 * NAME_TEXT_SIZE];
    snprintf(host, sizeof(host), "mx.%s.%s", label, zone);
    bool is_apex = below[0] == 0;
    message_begin(m, q, 0);
    if (is_apex && q->type == TYPE_TXT) {
        message_txt_of(m, SENDER);
        if (strncmp(label, "tcp-", 4) == 0) {
            char filler[UDP_REPLY_MAX];
            memset(filler, 'x', sizeof(filler));
            message_txt(m, filler, sizeof(filler));
        }
    } else if (is_apex && q->type == TYPE_MX) {
        message_mx(m, 10, host);
    } else if ((is_apex || strcmp(below, "mx") == 0) && q->type == TYPE_A) {
        message_address(m);
    } else if (strcmp(below, "_dmarc") == 0 && q->type == TYPE_TXT) {
        message_txt_of(m, "v=DMARC1; p=reject");
    } else {
        bool exists = is_apex || strcmp(below, "mx") == 0 || strcmp(below, "_dmarc") == 0;
        absent(m, q, exists ? 0 : NXDOMAIN, zone);
    }
}

static void answer_healthy(struct message *m, const struct question *q, const char *below, const char *label)
{
    if (strncmp(label, "gone", 4) == 0) {
        absent(m, q, NXDOMAIN, "healthy");
    } else if (strncmp(label, "plain", 5) == 0) {
        if (below[0] == 0 && q->type == TYPE_A) {
            message_begin(m, q, 0);
            message_address(m);
        } else {
            absent(m, q, below[0] ? NXDOMAIN : 0, "healthy");
        }
    } else {
        answer_good(m, q, below, label, "healthy");
    }
}

static void answer_root(struct message *m, const struct question *q)
{
    message_begin(m, q, q->name[0] == 0 ? 0 : NXDOMAIN);
    if (q->name[0] == 0 && q->type == TYPE_NS) {
        message_record(m, ANSWER, TYPE_NS, "\2ns\0", 4);
    } else {
        message_soa(m, "");
    }
}

/* ---- Ways to answer --------------------------------------------------------------------------------------------- */

/* To the stream after its length, or as a datagram: with TC and no records when it does not fit. */
static void say(struct stage *s, struct message *m)
{
    const struct question *q = s->question;
    if (q->over_tcp) {
        const uint8_t length[2] = { (uint8_t)(m->len >> 8), (uint8_t)m->len };
        memcpy(s->stream + s->stream_len, length, 2);
        memcpy(s->stream + s->stream_len + 2, m->bytes, m->len);
        s->stream_len += m->len + 2;
        return;
    }
    if (m->len > UDP_REPLY_MAX) {
        m->len = q->end;
        m->bytes[2] |= 2;
        memset(m->bytes + ANSWER, 0, HEADER_SIZE - ANSWER);
    }
    s->send(s, m->bytes, m->len, 0);
}

/* A copy to be spoiled. */
static struct message *draft(const struct stage *s)
{
    static struct message m;
    m.len = s->honest.len;
    memcpy(m.bytes, s->honest.bytes, m.len);
    return &m;
}

static struct message *empty(const struct stage *s)
{
    static struct message m;
    message_begin(&m, s->question, 0);
    return &m;
}

/* What the number of an evil says, made anew for each datagram of a flood. */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (; *name; name++) {
        hash = (hash ^ (uint8_t)*name) * 0x100000001b3ull;
    }
    return mixed(hash);
}

/* ---- Not an answer to what was asked ---------------------------------------------------------------------------- */

static void wrong_id(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[1] ^= 1;
    say(s, m);
}

static void wrong_question(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[HEADER_SIZE + 1] ^= 1;
    say(s, m);
}

static void wrong_type(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[s->question->end - 3] ^= 0x40;
    say(s, m);
}

static void wrong_class(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[s->question->end - 1] = CLASS_CH;
    say(s, m);
}

static void wrong_port(struct stage *s)
{
    s->send(s, s->honest.bytes, s->honest.len, SEND_FROM_OTHER_PORT);
}

static void wrong_address(struct stage *s)
{
    s->send(s, s->honest.bytes, s->honest.len, SEND_FROM_OTHER_ADDRESS);
}

static void query_bit(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[2] &= 0x7f;
    say(s, m);
}

static void opcode(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[2] |= 4 << 3;
    say(s, m);
}

static void other_case(struct stage *s)
{
    struct message *m = draft(s);
    for (size_t i = HEADER_SIZE; i + 4 < s->question->end; i++) {
        bool is_letter = (m->bytes[i] | 0x20) >= 'a' && (m->bytes[i] | 0x20) <= 'z';
        m->bytes[i] ^= is_letter ? 0x20 : 0;
    }
    say(s, m);
}

static void no_question(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[5] = 0;
    say(s, m);
}

static void two_questions(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[5] = 2;
    say(s, m);
}

static void echo(struct stage *s)
{
    struct message *m = draft(s);
    m->len = 0;
    message_bytes(m, s->question->query, s->question->query_len);
    say(s, m);
}

static void silence(struct stage *s)
{
    (void)s;
}

/* Forgeries of all kinds first, the truth last. */
static void flood(struct stage *s)
{
    for (unsigned i = 1; i <= FLOOD; i++) {
        struct message *m = draft(s);
        m->bytes[i % 2] ^= (uint8_t)i; /* never the id itself */
        m->bytes[m->len - 6] ^= 1;     /* and what it says is false */
        s->send(s, m->bytes, m->len, i % 3 == 0 ? SEND_FROM_OTHER_PORT : 0);
        m = draft(s);
        m->bytes[HEADER_SIZE + 1 + i % 3] = (uint8_t)('0' + i % 10); /* the id, another question */
        s->send(s, m->bytes, m->len, 0);
    }
    say(s, &s->honest);
}

static void twice(struct stage *s)
{
    struct message *m = empty(s);
    say(s, &s->honest);
    message_txt_of(m, "v=spf1 +all"); /* the second one lies */
    say(s, m);
}

/* ---- Broken messages -------------------------------------------------------------------------------------------- */

static void cut(struct stage *s)
{
    struct message *m = draft(s);
    m->len = m->len < (size_t)s->number ? m->len : (size_t)s->number;
    s->send(s, m->bytes, m->len, 0);
}

static void random_bytes(struct stage *s)
{
    struct message *m = draft(s);
    uint64_t x = hash_of(s->question->name) + (uint64_t)s->question->type;
    for (size_t i = 2; i < m->len; i++) {
        x = mixed(x + i);
        m->bytes[i] = (uint8_t)x;
    }
    say(s, m);
}

/* The question is right, what follows is noise. */
static void random_records(struct stage *s)
{
    struct message *m = draft(s);
    uint64_t x = hash_of(s->evil) + (uint64_t)s->question->type;
    for (size_t i = s->question->end; i < m->len; i++) {
        x = mixed(x + i);
        m->bytes[i] = (uint8_t)x;
    }
    m->bytes[7] = 3;
    say(s, m);
}

static void owner_bytes(struct stage *s, const void *owner, size_t len)
{
    struct message *m = empty(s);
    message_count(m, ANSWER);
    message_bytes(m, owner, len);
    message_fields(m, TYPE_TXT, CLASS_IN, 300, 5);
    message_bytes(m, "\4text", 5);
    say(s, m);
}

static void owner_pointer(struct stage *s, size_t target)
{
    const uint8_t owner[2] = { (uint8_t)(0xc0 | target >> 8), (uint8_t)target };
    owner_bytes(s, owner, sizeof(owner));
}

static void self_pointer(struct stage *s)
{
    owner_pointer(s, s->question->end);
}

static void forward_pointer(struct stage *s)
{
    owner_pointer(s, s->question->end + 10);
}

static void far_pointer(struct stage *s)
{
    owner_pointer(s, 0x3fff);
}

static void header_pointer(struct stage *s)
{
    owner_pointer(s, 0);
}

/* A label, then a pointer back to it. */
static void loop_pointer(struct stage *s)
{
    uint8_t owner[4] = { 1, 'a', (uint8_t)(0xc0 | s->question->end >> 8), (uint8_t)s->question->end };
    owner_bytes(s, owner, sizeof(owner));
}

static void odd_label_type(struct stage *s)
{
    owner_bytes(s,
                "\x41"
                "abcdefgh\0",
                10);
}

static void long_name(struct stage *s)
{
    uint8_t owner[5 * 64 + 1];
    memset(owner, 'a', sizeof(owner));
    for (size_t i = 0; i < 5; i++) {
        owner[i * 64] = 63;
    }
    owner[5 * 64] = 0;
    owner_bytes(s, owner, sizeof(owner));
}

/* A TXT record of the name, whose RDLENGTH and first string say what they like. */
static void txt_lie(struct stage *s, unsigned data_len, unsigned string_len, size_t present)
{
    struct message *m = empty(s);
    const uint8_t length = (uint8_t)string_len;
    message_count(m, ANSWER);
    message_u16(m, 0xc00c);
    message_fields(m, TYPE_TXT, CLASS_IN, 300, data_len);
    if (present > 0) {
        message_bytes(m, &length, 1);
        message_bytes(m, SENDER, present - 1);
    }
    say(s, m);
}

static void rdlength_long(struct stage *s)
{
    txt_lie(s, 400, sizeof(SENDER) - 1, sizeof(SENDER));
}

static void rdlength_short(struct stage *s)
{
    txt_lie(s, 10, sizeof(SENDER) - 1, sizeof(SENDER));
}

static void rdlength_zero(struct stage *s)
{
    txt_lie(s, 0, 0, 0);
}

static void string_long(struct stage *s)
{
    txt_lie(s, sizeof(SENDER), 255, sizeof(SENDER));
}

static void many_counted(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[6] = m->bytes[7] = 0xff;
    say(s, m);
}

static void none_counted(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[7] = 0;
    say(s, m);
}

static void other_class(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[s->question->end + 5] = CLASS_CH;
    say(s, m);
}

static void other_type(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[s->question->end + 3] = 99;
    say(s, m);
}

static void mx_short(struct stage *s)
{
    struct message *m = empty(s);
    message_record(m, ANSWER, TYPE_MX, "\0\12", 2);
    say(s, m);
}

static void address_short(struct stage *s)
{
    struct message *m = empty(s);
    if (s->question->type == TYPE_TXT) {
        message_txt_of(m, "v=spf1 a -all");
    } else {
        message_record(m, ANSWER, s->question->type, "\300\0\2", 3);
    }
    say(s, m);
}

static void records_and_nxdomain(struct stage *s)
{
    struct message *m = draft(s);
    m->bytes[3] |= NXDOMAIN;
    say(s, m);
}

static void rcode(struct stage *s)
{
    struct message *m = empty(s);
    m->bytes[3] |= (uint8_t)(s->number & 15);
    say(s, m);
}

/* BADVERS: 16, of which the header holds none. RFC 6891 6.1.3. */
static void bad_version(struct stage *s)
{
    struct message *m = empty(s);
    message_opt(m, 1, 0);
    say(s, m);
}

static void later_version(struct stage *s)
{
    struct message *m = draft(s);
    message_opt(m, 0, 1);
    say(s, m);
}

static void authority_cut(struct stage *s)
{
    struct message *m = empty(s);
    m->bytes[AUTHORITY + 1] = 1;
    message_bytes(m, "\xc0", 1);
    say(s, m);
}

/* ---- Large and endless ------------------------------------------------------------------------------------------ */

static void large_txt(struct stage *s)
{
    static char text[64000];
    struct message *m = empty(s);
    memset(text, 'y', sizeof(text));
    message_txt_of(m, SENDER);
    message_txt(m, text, sizeof(text));
    say(s, m);
}

static void thousand_txt(struct stage *s)
{
    struct message *m = empty(s);
    for (int i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof(text), "text %d", i);
        message_txt_of(m, text);
    }
    say(s, m);
}

static void alias_loop(struct stage *s)
{
    struct message *m = empty(s);
    char other[2 * NAME_TEXT_SIZE];
    snprintf(other, sizeof(other), "other.%s.hostile", s->evil);
    message_alias(m, "", other);
    message_alias(m, other, s->question->name);
    say(s, m);
}

static void alias_self(struct stage *s)
{
    struct message *m = empty(s);
    message_alias(m, "", s->question->name);
    say(s, m);
}

static void alias_chain(struct stage *s)
{
    struct message *m = empty(s);
    char owner[NAME_TEXT_SIZE] = "", target[NAME_TEXT_SIZE];
    for (int i = 0; i < 20; i++) {
        snprintf(target, sizeof(target), "c%d.test", i);
        message_alias(m, owner, target);
        memcpy(owner, target, sizeof(owner));
    }
    say(s, m);
}

/* Each answer leads to another name, and says no more. */
static void alias_further(struct stage *s)
{
    struct message *m = empty(s);
    char target[NAME_TEXT_SIZE];
    snprintf(target, sizeof(target), "n%llx.alias-further.hostile", (unsigned long long)hash_of(s->question->name));
    message_alias(m, "", target);
    say(s, m);
}

/* One name a term; further ones below the domain, or in the same zone beside it, made from the hash of the asking one.
 */
static void include_bomb(struct stage *s)
{
    struct message *m = empty(s);
    char text[4096] = "v=spf1", name[NAME_TEXT_SIZE];
    int depth = 0;
    sscanf(s->question->name, "d%d-", &depth);
    const char *zone = strchr(s->question->name, '.');
    zone = s->question->name[0] == 'd' && zone ? zone + 1 : s->question->name;
    size_t len = strlen(text);
    for (unsigned i = 0; i < BOMB_FAN_OUT && depth < BOMB_DEPTH; i++) {
        unsigned long long child = mixed(hash_of(s->question->name) + i);
        snprintf(name, sizeof(name), " include:d%d-%llx.%.100s", depth + 1, child, zone);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", name);
    }
    snprintf(text + len, sizeof(text) - len, " -all");
    message_txt_of(m, text);
    say(s, m);
}

/* A tree that all such domains have in common, and one of its own for each, both outside of the domain. */
static void shared_bomb(struct stage *s)
{
    struct message *m = empty(s);
    message_txt_of(m, "v=spf1 include:include-bomb.hostile -all");
    say(s, m);
}

static void foreign_bomb(struct stage *s)
{
    struct message *m = empty(s);
    char text[NAME_TEXT_SIZE];
    snprintf(text, sizeof(text), "v=spf1 include:d1-%lx.include-bomb.hostile -all", s->number);
    message_txt_of(m, text);
    say(s, m);
}

static void redirect_chain(struct stage *s)
{
    struct message *m = empty(s);
    char text[2 * NAME_TEXT_SIZE];
    snprintf(text, sizeof(text), "v=spf1 redirect=r%llx.%s.hostile", (unsigned long long)hash_of(s->question->name),
             s->evil);
    message_txt_of(m, text);
    say(s, m);
}

static void macro_bomb(struct stage *s)
{
    struct message *m = empty(s);
    char text[4096] = "v=spf1";
    for (int i = 0; i < 20; i++) {
        strcat(text, i % 2 ? " exists:%{ir}.%{l1r+-}.%{S}.%{d99}.%{h}"
                           : " include:%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}.%{d}");
    }
    message_txt_of(m, strcat(text, " exp=%{d}.%{d}.%{d} -all"));
    say(s, m);
}

static void many_hosts(struct stage *s)
{
    struct message *m = empty(s);
    for (unsigned i = 0; i < 400; i++) {
        char host[NAME_TEXT_SIZE];
        snprintf(host, sizeof(host), "mx%u.many-hosts.hostile", i);
        message_mx(m, i, host);
    }
    say(s, m);
}

static void long_dmarc(struct stage *s)
{
    static char text[60000];
    struct message *m = empty(s);
    size_t len = (size_t)snprintf(text, sizeof(text), "v=DMARC1; p=reject; rua=mailto:a@long-dmarc.hostile");
    while (len < sizeof(text) - 64) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, ",mailto:a%zu@long-dmarc.hostile", len);
    }
    message_txt(m, text, len);
    say(s, m);
}

static void odd_host(struct stage *s)
{
    struct message *m = empty(s);
    message_record(m, ANSWER, TYPE_MX, "\0\12\7a\0b.\"\377\\\4test\0", 16);
    say(s, m);
}

static void all_bytes(struct stage *s)
{
    struct message *m = empty(s);
    char text[600] = "v=spf1 ";
    size_t len = strlen(text);
    for (int i = 0; i < 256; i++) {
        text[len++] = (char)i;
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len,
                            "\"},\"posture\":\"protected\",\"x\":{\"\\u0000\\ud800 </script>\\");
    message_txt(m, text, len);
    say(s, m);
}

/* ---- TCP -------------------------------------------------------------------------------------------------------- */

static void truncate_udp(struct stage *s)
{
    struct message *m = empty(s);
    m->bytes[2] |= 2;
    say(s, m);
}

static bool is_udp(struct stage *s)
{
    if (!s->question->over_tcp) {
        truncate_udp(s);
    }
    return !s->question->over_tcp;
}

static void tcp_trickles(struct stage *s)
{
    if (!is_udp(s)) {
        say(s, &s->honest);
        s->ms_per_byte = 1000;
    }
}

/* Announces 65,535 bytes, sends ten, and a byte a second. */
static void tcp_endless(struct stage *s)
{
    if (!is_udp(s)) {
        say(s, &s->honest);
        s->stream[0] = s->stream[1] = 0xff;
        s->ms_per_byte = 1000;
    }
}

static void tcp_silent(struct stage *s)
{
    (void)is_udp(s);
}

static void tcp_closes_midway(struct stage *s)
{
    if (!is_udp(s)) {
        say(s, &s->honest);
        s->stream_len /= 2;
        s->close_after = true;
    }
}

static void tcp_closes(struct stage *s)
{
    if (!is_udp(s)) {
        s->close_after = true;
    }
}

static void tcp_twice(struct stage *s)
{
    if (!is_udp(s)) {
        twice(s);
    }
}

static void tcp_length_zero(struct stage *s)
{
    if (!is_udp(s)) {
        s->stream[0] = s->stream[1] = 0;
        s->stream_len = 2;
        say(s, &s->honest);
    }
}

static void tcp_length_most(struct stage *s)
{
    if (!is_udp(s)) {
        struct message *m = draft(s);
        while (m->len < MESSAGE_SIZE) {
            message_bytes(m, "\xff\xff\xff\xff\xff\xff\xff", 7);
        }
        say(s, m);
    }
}

static void tcp_truncated(struct stage *s)
{
    if (!is_udp(s)) {
        struct message *m = draft(s);
        m->bytes[2] |= 2;
        say(s, m);
    }
}

static void tcp_wrong_id(struct stage *s)
{
    if (!is_udp(s)) {
        wrong_id(s);
    }
}

static void tcp_other_question(struct stage *s)
{
    if (!is_udp(s)) {
        wrong_question(s);
    }
}

/* ---- Which evil, and to what ------------------------------------------------------------------------------------ */

enum aim { AT_SPF, AT_DMARC, AT_MX, AT_SELECTORS, AT_TARGETS, AT_ALL };

static const struct evil {
    const char *name;
    enum aim aim;
    void (*answer)(struct stage *stage);
} evils[] = {
    { "wrong-id", AT_SPF, wrong_id },
    { "wrong-question", AT_SPF, wrong_question },
    { "wrong-type", AT_SPF, wrong_type },
    { "wrong-class", AT_SPF, wrong_class },
    { "wrong-port", AT_SPF, wrong_port },
    { "wrong-address", AT_SPF, wrong_address },
    { "query-bit", AT_SPF, query_bit },
    { "opcode", AT_SPF, opcode },
    { "other-case", AT_SPF, other_case },
    { "no-question", AT_SPF, no_question },
    { "two-questions", AT_SPF, two_questions },
    { "echo", AT_ALL, echo },
    { "silence", AT_ALL, silence },
    { "silent-spf", AT_SPF, silence },
    { "silent-dmarc", AT_DMARC, silence },
    { "silent-mx", AT_MX, silence },
    { "flood", AT_SPF, flood },
    { "flood-all", AT_ALL, flood },
    { "twice", AT_SPF, twice },
    { "cut", AT_SPF, cut },
    { "cutnx", AT_ALL, cut },
    { "random-bytes", AT_ALL, random_bytes },
    { "random-records", AT_SPF, random_records },
    { "self-pointer", AT_SPF, self_pointer },
    { "forward-pointer", AT_SPF, forward_pointer },
    { "far-pointer", AT_SPF, far_pointer },
    { "header-pointer", AT_SPF, header_pointer },
    { "loop-pointer", AT_SPF, loop_pointer },
    { "odd-label-type", AT_SPF, odd_label_type },
    { "long-name", AT_SPF, long_name },
    { "rdlength-long", AT_SPF, rdlength_long },
    { "rdlength-short", AT_SPF, rdlength_short },
    { "rdlength-zero", AT_SPF, rdlength_zero },
    { "string-long", AT_SPF, string_long },
    { "many-counted", AT_SPF, many_counted },
    { "none-counted", AT_SPF, none_counted },
    { "other-class", AT_SPF, other_class },
    { "other-type", AT_SPF, other_type },
    { "mx-short", AT_MX, mx_short },
    { "address-short", AT_TARGETS, address_short },
    { "records-and-nxdomain", AT_SPF, records_and_nxdomain },
    { "rcode", AT_SPF, rcode },
    { "bad-version", AT_ALL, bad_version },
    { "later-version", AT_SPF, later_version },
    { "authority-cut", AT_ALL, authority_cut },
    { "large-txt", AT_SPF, large_txt },
    { "thousand-txt", AT_SPF, thousand_txt },
    { "alias-loop", AT_SPF, alias_loop },
    { "alias-self", AT_SPF, alias_self },
    { "alias-chain", AT_SPF, alias_chain },
    { "alias-further", AT_SPF, alias_further },
    { "selector-loop", AT_SELECTORS, alias_loop },
    { "include-bomb", AT_TARGETS, include_bomb },
    { "shared-bomb", AT_SPF, shared_bomb },
    { "foreign-bomb", AT_SPF, foreign_bomb },
    { "redirect-chain", AT_TARGETS, redirect_chain },
    { "macro-bomb", AT_SPF, macro_bomb },
    { "many-hosts", AT_MX, many_hosts },
    { "long-dmarc", AT_DMARC, long_dmarc },
    { "odd-host", AT_MX, odd_host },
    { "all-bytes", AT_SPF, all_bytes },
    { "tcp-trickles", AT_SPF, tcp_trickles },
    { "tcp-endless", AT_SPF, tcp_endless },
    { "tcp-silent", AT_SPF, tcp_silent },
    { "tcp-closes", AT_SPF, tcp_closes },
    { "tcp-closes-midway", AT_SPF, tcp_closes_midway },
    { "tcp-twice", AT_SPF, tcp_twice },
    { "tcp-length-zero", AT_SPF, tcp_length_zero },
    { "tcp-length-most", AT_SPF, tcp_length_most },
    { "tcp-truncated", AT_SPF, tcp_truncated },
    { "tcp-wrong-id", AT_SPF, tcp_wrong_id },
    { "tcp-other-question", AT_SPF, tcp_other_question },
};

/* What follows a hyphen and begins with a digit is the number. */
static const struct evil *find_evil(const char *label, long *number)
{
    size_t len = strlen(label);
    for (size_t i = 0; i + 1 < len; i++) {
        if (label[i] == '-' && label[i + 1] >= '0' && label[i + 1] <= '9') {
            *number = strtol(label + i + 1, NULL, 10);
            len = i;
        }
    }
    for (size_t i = 0; i < sizeof(evils) / sizeof(evils[0]); i++) {
        if (strlen(evils[i].name) == len && strncmp(evils[i].name, label, len) == 0) {
            return &evils[i];
        }
    }
    return NULL;
}

static bool is_aimed_at(const struct evil *evil, const struct question *q, const char *below)
{
    bool is_apex = below[0] == 0, is_control = below[0] == '_';
    switch (evil->aim) {
    case AT_SPF:
        return is_apex && q->type == TYPE_TXT;
    case AT_DMARC:
        return strcmp(below, "_dmarc") == 0;
    case AT_MX:
        return is_apex && q->type == TYPE_MX;
    case AT_SELECTORS:
        return ends_with(below, "._domainkey") || strcmp(below, "_domainkey") == 0;
    case AT_TARGETS:
        return !is_control && !ends_with(below, "._domainkey") && strcmp(below, "mx") != 0 &&
               (q->type == TYPE_TXT || q->type == TYPE_AAAA);
    default:
        return true;
    }
}

void evil_answer(struct stage *s)
{
    const struct question *q = s->question;
    char below[NAME_TEXT_SIZE], label[NAME_TEXT_SIZE];
    const struct evil *evil = NULL;
    s->evil = "";
    s->number = 0;
    if (split(q->name, "healthy", below, label)) {
        answer_healthy(&s->honest, q, below, label);
    } else if (split(q->name, "hostile", below, label) && (evil = find_evil(label, &s->number)) != NULL) {
        answer_good(&s->honest, q, below, label, "hostile");
        s->evil = label;
    } else {
        answer_root(&s->honest, q);
    }
    if (evil && is_aimed_at(evil, q, below)) {
        evil->answer(s);
        return;
    }
    if (q->has_edns) {
        message_opt(&s->honest, 0, 0);
    }
    say(s, &s->honest);
}
