// SPDX-License-Identifier: MIT
#include "scanner/dns/answer.h"

#include "scanner/dns/query.h"

enum {
    FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RA = 0x0080, FLAG_AD = 0x0020,
    OPCODE_MASK = 0x7800, RCODE_MASK = 0x000f,
    RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5,
    CLASS_IN = 1, TYPE_OPT = 41,
    CHAIN_MAX = 16,
    POINTER_MASK = 0xc0,
    TTL_MAX = 0x7fffffff
};

struct cursor {
    span message;
    size_t at;
};

/* A name without compression, letters folded: what owners are compared by. A byte more than the largest, so that it can
   be folded eight bytes at a time. */
struct name {
    uint8_t wire[DNS_NAME_SIZE_MAX + 1];
    size_t size;
};

struct record {
    size_t owner_at;
    uint16_t type, class;
    uint32_t ttl_s;
    size_t data_at, data_len;
};

static bool take16(struct cursor *c, uint16_t *out)
{
    if (c->message.len - c->at < 2) {
        return false;
    }
    const uint8_t *p = (const uint8_t *)c->message.ptr + c->at;
    *out = (uint16_t)(p[0] << 8 | p[1]);
    c->at += 2;
    return true;
}

static bool take32(struct cursor *c, uint32_t *out)
{
    uint16_t high, low;
    if (!take16(c, &high) || !take16(c, &low)) {
        return false;
    }
    *out = (uint32_t)high << 16 | low;
    return true;
}

/* A TTL with its highest bit set means zero. RFC 2181 section 8. */
static bool take_ttl(struct cursor *c, uint32_t *out)
{
    if (!take32(c, out)) {
        return false;
    }
    if (*out > TTL_MAX) {
        *out = 0;
    }
    return true;
}

/* Each pointer must lead to before the place where the present run of labels began: so the walk ends. Labels are written
   to `out` as they stand; NULL: the name is only checked. *size is what the whole takes. */
static inline bool walk_name(struct cursor *c, uint8_t *out, size_t *size)
{
    const uint8_t *bytes = (const uint8_t *)c->message.ptr;
    size_t at = c->at, run_began = c->at, end = 0, used = 0;
    for (;;) {
        if (at >= c->message.len) {
            return false;
        }
        uint8_t length = bytes[at];
        if ((length & POINTER_MASK) == POINTER_MASK) {
            if (c->message.len - at < 2) {
                return false;
            }
            size_t target = (size_t)(length & ~POINTER_MASK) << 8 | bytes[at + 1];
            end = end > 0 ? end : at + 2;
            if (target >= run_began || target < DNS_HEADER_SIZE) {
                return false;
            }
            at = run_began = target;
            continue;
        }
        /* 01 and 10 are no label types in use. RFC 1035 4.1.4, RFC 6891 5. */
        if ((length & POINTER_MASK) != 0 || c->message.len - at <= length || (size_t)length + 1 > DNS_NAME_SIZE_MAX - used) {
            return false;
        }
        if (out) {
            memcpy(out + used, bytes + at, (size_t)length + 1);
        }
        used += (size_t)length + 1;
        at += (size_t)length + 1;
        if (length == 0) {
            c->at = end > 0 ? end : at;
            *size = used;
            return true;
        }
    }
}

/* Length bytes are at most 63 and so no capital letters. */
static void fold_case(struct name *name)
{
    static const uint64_t each = 0x0101010101010101ull, high = 0x8080808080808080ull;
    _Static_assert(sizeof(name->wire) % sizeof(uint64_t) == 0, "folded eight bytes at a time");
    for (size_t i = 0; i < name->size; i += sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, name->wire + i, sizeof(bytes));
        uint64_t low = bytes & ~high;
        uint64_t capitals = (low + each * (0x80 - 'A')) & ~(low + each * (0x7f - 'Z')) & ~bytes & high;
        bytes |= capitals >> 2;
        memcpy(name->wire + i, &bytes, sizeof(bytes));
    }
}

static bool take_name(struct cursor *c, struct name *out)
{
    if (!walk_name(c, out->wire, &out->size)) {
        return false;
    }
    fold_case(out);
    return true;
}

static bool skip_name(struct cursor *c)
{
    size_t size;
    return walk_name(c, NULL, &size);
}

/* A pointer to the question, which has been compared with ours: how nearly all owners are written. */
static bool is_at_question(span message, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)message.ptr + at;
    return at > DNS_HEADER_SIZE && message.len > at + 1 && bytes[0] == POINTER_MASK && bytes[1] == DNS_HEADER_SIZE;
}

static bool take_record(struct cursor *c, struct record *out)
{
    uint16_t data_len;
    out->owner_at = c->at;
    if (is_at_question(c->message, c->at)) {
        c->at += 2;
    } else if (!skip_name(c)) {
        return false;
    }
    if (!take16(c, &out->type) || !take16(c, &out->class) || !take_ttl(c, &out->ttl_s) || !take16(c, &data_len) ||
        c->message.len - c->at < data_len) {
        return false;
    }
    out->data_at = c->at;
    out->data_len = data_len;
    c->at += data_len;
    return true;
}

static bool name_equal(const struct name *a, const struct name *b)
{
    return a->size == b->size && memcmp(a->wire, b->wire, a->size) == 0;
}

/* A name that makes up a record's data, or the rest of it from `skip` on, to its last byte. */
static bool name_in_data(span message, const struct record *record, size_t skip, struct name *out)
{
    struct cursor c = { message, record->data_at + skip };
    return record->data_len > skip && take_name(&c, out) && c.at == record->data_at + record->data_len;
}

/* ---- Presentation form ------------------------------------------------------------------------------------------ */

static bool is_plain(uint8_t byte)
{
    return ascii_is_alnum(byte) || byte == '-' || byte == '_';
}

static size_t print_byte(uint8_t byte, char *out)
{
    if (is_plain(byte)) {
        out[0] = (char)byte;
        return 1;
    }
    out[0] = '\\';
    if (byte > ' ' && byte < 0x7f) {
        out[1] = (char)byte;
        return 2;
    }
    out[1] = (char)('0' + byte / 100);
    out[2] = (char)('0' + byte / 10 % 10);
    out[3] = (char)('0' + byte % 10);
    return 4;
}

static bool print_name(const struct name *name, struct arena *arena, span *out)
{
    char text[DNS_NAME_TEXT_MAX + 4];
    size_t len = 0;
    if (name->size == 1) {
        text[len++] = '.';
    }
    for (size_t at = 0; name->wire[at] > 0; at += (size_t)name->wire[at] + 1) {
        if (len > 0) {
            text[len++] = '.';
        }
        for (size_t i = 1; i <= name->wire[at]; i++) {
            len += print_byte(name->wire[at + i], text + len);
        }
    }
    return arena_copy(arena, span_of(text, len), out);
}

/* ---- Header and question ---------------------------------------------------------------------------------------- */

struct header {
    uint16_t id, flags, questions, answers, authorities, additionals;
};

static bool take_header(struct cursor *c, struct header *out)
{
    return take16(c, &out->id) && take16(c, &out->flags) && take16(c, &out->questions) && take16(c, &out->answers) &&
           take16(c, &out->authorities) && take16(c, &out->additionals);
}

uint8_t answer_rcode(span message)
{
    return message.len >= DNS_HEADER_SIZE ? (uint8_t)message.ptr[3] & RCODE_MASK : 0;
}

/* A question's name is not compressed: nothing stands before it. */
size_t answer_question_end(span message)
{
    size_t at = DNS_HEADER_SIZE;
    while (at < message.len) {
        uint8_t length = (uint8_t)message.ptr[at];
        if (length > DNS_LABEL_LEN_MAX || at - DNS_HEADER_SIZE >= DNS_NAME_SIZE_MAX) {
            return 0;
        }
        at += (size_t)length + 1;
        if (length == 0) {
            return at <= message.len && message.len - at >= 4 ? at + 4 : 0;
        }
    }
    return 0;
}

static enum answer_result check_question(span message, uint16_t questions, const struct answer_form *form)
{
    size_t end = form->question_end;
    if (questions != 1 || end < DNS_HEADER_SIZE || form->query.len < end || message.len < end) {
        return ANSWER_NOT_OURS;
    }
    span asked = span_first(span_after(form->query, DNS_HEADER_SIZE), end - DNS_HEADER_SIZE);
    span echoed = span_first(span_after(message, DNS_HEADER_SIZE), end - DNS_HEADER_SIZE);
    if (span_equal(asked, echoed)) {
        return ANSWER_READ;
    }
    /* Type and class are not text: they must agree to the bit. Length bytes are no letters. */
    if (!span_equal(span_last(asked, 4), span_last(echoed, 4)) || !span_equal_nocase(asked, echoed)) {
        return ANSWER_NOT_OURS;
    }
    return form->ignore_case ? ANSWER_READ : ANSWER_OTHER_CASE;
}

/* Some servers answer FORMERR or NOTIMP with a bare header (RFC 6891 7): the id is all there is to check. */
static bool is_bare_failure(span message, const struct header *header)
{
    return header->questions == 0 && header->answers == 0 && message.len == DNS_HEADER_SIZE &&
           (header->flags & RCODE_MASK) != RCODE_NOERROR && (header->flags & RCODE_MASK) != RCODE_NXDOMAIN;
}

static bool is_response(const struct header *header)
{
    return (header->flags & FLAG_QR) && (header->flags & OPCODE_MASK) == 0;
}

bool answer_may_be_to(span message, span query, size_t question_end)
{
    struct answer_form form = { .query = query, .question_end = question_end, .ignore_case = true };
    struct cursor c = { message, 0 };
    struct header header;
    if (!take_header(&c, &header) || !is_response(&header) || query.len < 2 || memcmp(message.ptr, query.ptr, 2) != 0) {
        return false;
    }
    return is_bare_failure(message, &header) || check_question(message, header.questions, &form) == ANSWER_READ;
}

/* ---- The answer section ----------------------------------------------------------------------------------------- */

struct reading {
    span message;
    const struct header *header;
    struct arena *arena;
    uint16_t qtype;
    struct name owner;              /* the name the records must have: qname, then the end of the chain */
    bool is_owner_asked;            /* it is still qname, */
    bool is_owner_read;             /* and read from the question only when it is needed */
    size_t answers_at, authority_at;
    uint32_t ttl_s;
    bool is_malformed, is_out_of_memory;
};

static const struct name *owner_of(struct reading *r)
{
    if (!r->is_owner_read) {
        struct cursor c = { r->message, DNS_HEADER_SIZE };
        r->is_owner_read = take_name(&c, &r->owner);
    }
    return &r->owner;
}

static bool is_owners(struct reading *r, const struct record *record)
{
    if (r->is_owner_asked && is_at_question(r->message, record->owner_at)) {
        return true;
    }
    struct cursor c = { r->message, record->owner_at };
    struct name name;
    return take_name(&c, &name) && name_equal(&name, owner_of(r));
}

static void keep_lowest(uint32_t *ttl_s, uint32_t other)
{
    if (other < *ttl_s) {
        *ttl_s = other;
    }
}

/* The next record of `type` at the owner, `*left` records from the cursor on; false at the end, or at a malformed one. */
static bool next_record(struct reading *r, struct cursor *c, size_t *left, uint16_t type, struct record *out)
{
    while (*left > 0) {
        (*left)--;
        if (!take_record(c, out)) {
            r->is_malformed = true;
            return false;
        }
        if (out->type == type && out->class == CLASS_IN && is_owners(r, out)) {
            return true;
        }
    }
    return false;
}

/* Moves r->owner to the end of the chain, whatever the order of the records; CHAIN_MAX walks at most. A loop never ends,
   so it is what exceeds the bound. */
static void follow_aliases(struct reading *r, struct rrset *out)
{
    for (size_t steps = 0;; steps++) {
        struct cursor c = { r->message, r->answers_at };
        size_t left = r->header->answers;
        struct record record;
        if (r->qtype == DNS_CNAME || !next_record(r, &c, &left, DNS_CNAME, &record)) {
            return;
        }
        out->has_alias = true;
        if (steps == CHAIN_MAX) {
            out->alias_loops = true;
            return;
        }
        if (!name_in_data(r->message, &record, 0, &r->owner)) {
            r->is_malformed = true;
            return;
        }
        r->is_owner_asked = false;
        r->is_owner_read = true;
        keep_lowest(&r->ttl_s, record.ttl_s);
    }
}

static size_t count_records(struct reading *r)
{
    struct cursor c = { r->message, r->answers_at };
    size_t left = r->header->answers, count = 0;
    struct record record;
    while (next_record(r, &c, &left, r->qtype, &record)) {
        keep_lowest(&r->ttl_s, record.ttl_s);
        count++;
    }
    r->authority_at = c.at;
    return count;
}

/* ---- Data by type ----------------------------------------------------------------------------------------------- */

/* One or more strings, each after its length. RFC 1035 3.3.14. */
static bool count_strings(span data, size_t *count)
{
    *count = 0;
    while (data.len > 0) {
        size_t len = (uint8_t)data.ptr[0];
        if (data.len - 1 < len) {
            return false;
        }
        data = span_after(data, len + 1);
        (*count)++;
    }
    return *count > 0;
}

static bool read_txt(struct reading *r, const struct record *record, void *item)
{
    struct txt_record *out = item;
    span data = span_first(span_after(r->message, record->data_at), record->data_len);
    size_t count;
    if (!count_strings(data, &count)) {
        return false;
    }
    char *text = arena_take_bytes(r->arena, data.len - count);
    uint16_t *cuts = count > 1 ? ARENA_TAKE_N(r->arena, uint16_t, count - 1) : NULL;
    if (!text || (count > 1 && !cuts)) {
        r->is_out_of_memory = true;
        return false;
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = (uint8_t)data.ptr[0];
        if (i > 0) {
            cuts[i - 1] = (uint16_t)used;
        }
        memcpy(text + used, data.ptr + 1, len);
        used += len;
        data = span_after(data, len + 1);
    }
    *out = (struct txt_record){ .text = span_of(text, used), .cuts = cuts, .cut_count = (uint16_t)(count - 1) };
    return true;
}

static bool read_name(struct reading *r, const struct record *record, size_t skip, span *out)
{
    struct name name;
    if (!name_in_data(r->message, record, skip, &name)) {
        return false;
    }
    r->is_out_of_memory = !print_name(&name, r->arena, out);
    return !r->is_out_of_memory;
}

static bool read_target(struct reading *r, const struct record *record, void *item)
{
    return read_name(r, record, 0, item);
}

static bool read_mx(struct reading *r, const struct record *record, void *item)
{
    struct mx_record *out = item;
    struct cursor c = { r->message, record->data_at };
    return record->data_len > 2 && take16(&c, &out->preference) && read_name(r, record, 2, &out->exchange);
}

static bool read_a(struct reading *r, const struct record *record, void *item)
{
    memcpy(item, r->message.ptr + record->data_at, record->data_len == 4 ? 4 : 0);
    return record->data_len == 4;
}

static bool read_aaaa(struct reading *r, const struct record *record, void *item)
{
    memcpy(item, r->message.ptr + record->data_at, record->data_len == 16 ? 16 : 0);
    return record->data_len == 16;
}

/* What is kept as it stands. No type of these has empty data. */
static bool read_data(struct reading *r, const struct record *record, void *item)
{
    span data = span_first(span_after(r->message, record->data_at), record->data_len);
    r->is_out_of_memory = data.len > 0 && !arena_copy(r->arena, data, item);
    return data.len > 0 && !r->is_out_of_memory;
}

/* Stable: equal preferences stay as received. At most RRSET_RECORDS_MAX items. */
static void sort_mx(struct mx_record *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct mx_record item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].preference > item.preference; at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

static const struct data_form {
    uint16_t type;
    size_t item_size;
    bool (*read)(struct reading *r, const struct record *record, void *item);   /* false: malformed or out of memory */
} data_forms[] = {
    { DNS_A, 4, read_a },                                       /* RFC 1035 3.4.1 */
    { DNS_NS, sizeof(span), read_target },                      /* RFC 1035 3.3.11 */
    { DNS_CNAME, sizeof(span), read_target },                   /* RFC 1035 3.3.1 */
    { DNS_PTR, sizeof(span), read_target },                     /* RFC 1035 3.3.12 */
    { DNS_MX, sizeof(struct mx_record), read_mx },              /* RFC 1035 3.3.9 */
    { DNS_TXT, sizeof(struct txt_record), read_txt },           /* RFC 1035 3.3.14 */
    { DNS_AAAA, 16, read_aaaa },                                /* RFC 3596 2.2 */
    { DNS_DS, sizeof(span), read_data },                        /* RFC 4034 5.1 */
    { DNS_TLSA, sizeof(span), read_data },                      /* RFC 6698 2.1 */
    { DNS_SPF, sizeof(struct txt_record), read_txt },           /* RFC 4408 3.1.1 */
};

static const struct data_form *find_form(uint16_t type)
{
    for (size_t i = 0; i < sizeof(data_forms) / sizeof(data_forms[0]); i++) {
        if (data_forms[i].type == type) {
            return &data_forms[i];
        }
    }
    return NULL;
}

/* The pointers of the union have one representation each; which one is meant follows from the type. */
static void set_items(struct rrset *out, uint16_t type, char *items)
{
    switch (type) {
    case DNS_TXT:
    case DNS_SPF: out->txt = (const struct txt_record *)(void *)items; break;
    case DNS_MX: out->mx = (const struct mx_record *)(void *)items; break;
    case DNS_A: out->a = (const uint8_t(*)[4])(void *)items; break;
    case DNS_AAAA: out->aaaa = (const uint8_t(*)[16])(void *)items; break;
    case DNS_DS:
    case DNS_TLSA: out->data = (const span *)(void *)items; break;
    default: out->names = (const span *)(void *)items; break;
    }
}

static void read_records(struct reading *r, size_t count, struct rrset *out)
{
    const struct data_form *form = find_form(r->qtype);
    if (!form) {
        r->is_malformed = true;
        return;
    }
    if (count > RRSET_RECORDS_MAX && r->qtype != DNS_PTR) {
        r->is_malformed = true; /* what would be left out might be the record that counts */
        return;
    }
    count = count > RRSET_RECORDS_MAX ? RRSET_RECORDS_MAX : count;
    char *items = arena_take_n(r->arena, form->item_size, count);
    if (!items) {
        r->is_out_of_memory = true;
        return;
    }
    struct cursor c = { r->message, r->answers_at };
    size_t left = r->header->answers;
    struct record record;
    while (out->count < count && next_record(r, &c, &left, r->qtype, &record)) {
        if (!form->read(r, &record, items + out->count * form->item_size)) {
            r->is_malformed = !r->is_out_of_memory;
            return;
        }
        out->count++;
    }
    if (r->qtype == DNS_MX) {
        sort_mx((struct mx_record *)(void *)items, out->count);
    }
    set_items(out, r->qtype, items);
}

/* ---- The authority section -------------------------------------------------------------------------------------- */

static bool is_at_or_above(const struct name *above, const struct name *below)
{
    for (size_t at = 0; at < below->size; at += (size_t)below->wire[at] + 1) {
        if (below->size - at == above->size) {
            return memcmp(below->wire + at, above->wire, above->size) == 0;
        }
    }
    return false;
}

/* Is what stands at `at` a pointer to a label of the question's name? Then it is above that name, or the name itself. */
static bool is_above_question(span message, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)message.ptr;
    if (message.len - at < 2 || bytes[at] != POINTER_MASK) {
        return false;
    }
    size_t target = bytes[at + 1], label_at = DNS_HEADER_SIZE;
    while (label_at < target && bytes[label_at] > 0) {
        label_at += (size_t)bytes[label_at] + 1;
    }
    return label_at == target;
}

/* Does the zone of this SOA hold the name? */
static bool is_of_zone(struct reading *r, const struct record *soa, const struct name *owner)
{
    return (r->is_owner_asked && is_above_question(r->message, soa->owner_at)) || is_at_or_above(owner, owner_of(r));
}

/* Two names and five numbers, the last of them MINIMUM. RFC 1035 3.3.13. */
static bool soa_minimum(span message, const struct record *record, uint32_t *out)
{
    struct cursor c = { message, record->data_at };
    size_t end = record->data_at + record->data_len;
    if (!skip_name(&c) || !skip_name(&c) || c.at > end || end - c.at != 5 * 4) {
        return false;
    }
    c.at += 4 * 4;
    return take_ttl(&c, out);
}

/* The upper bits of the rcode stand where an OPT record has its TTL (RFC 6891 6.1.3): BADVERS is NOERROR without them, and
   would read as "there is none". `c` is behind the authority section. */
static void read_extended_rcode(struct reading *r, struct cursor c)
{
    enum { BEFORE_DATA = 6 }; /* TTL and length */
    struct record record;
    for (size_t i = 0; i < r->header->additionals; i++) {
        if (!take_record(&c, &record)) {
            r->is_malformed = true;
            return;
        }
        r->is_malformed = r->is_malformed || (record.type == TYPE_OPT && r->message.ptr[record.data_at - BEFORE_DATA] != 0);
    }
}

/* How long an absent answer holds: RFC 2308 5. The SOA of a zone that does not hold the name says nothing. */
static void read_authority(struct reading *r, struct rrset *out, bool *has_ns, bool *has_soa)
{
    struct cursor c = { r->message, r->authority_at };
    struct record record;
    for (size_t i = 0; i < r->header->authorities; i++) {
        uint32_t minimum;
        if (!take_record(&c, &record)) {
            r->is_malformed = true;
            return;
        }
        *has_ns = *has_ns || (record.type == DNS_NS && record.class == CLASS_IN);
        struct cursor at = { r->message, record.owner_at };
        struct name owner;
        if (record.type != DNS_SOA || record.class != CLASS_IN || *has_soa || !take_name(&at, &owner) ||
            !is_of_zone(r, &record, &owner)) {
            continue;
        }
        *has_soa = true;
        if (!soa_minimum(r->message, &record, &minimum)) {
            r->is_malformed = true;
            return;
        }
        keep_lowest(&r->ttl_s, record.ttl_s);
        keep_lowest(&r->ttl_s, minimum);
        r->is_out_of_memory = !print_name(&owner, r->arena, &out->soa_owner);
    }
    read_extended_rcode(r, c);
}

static void read_absence(struct reading *r, struct rrset *out)
{
    bool has_ns = false, has_soa = false;
    bool is_nxdomain = (r->header->flags & RCODE_MASK) == RCODE_NXDOMAIN;
    read_authority(r, out, &has_ns, &has_soa);
    out->outcome = is_nxdomain ? DNS_NXDOMAIN : DNS_NODATA;
    if (!has_soa) {
        r->ttl_s = 0;
    }
    /* "Ask those": a server that neither knows nor asks further. No statement about the name. */
    if (!is_nxdomain && has_ns && !has_soa && r->header->answers == 0 && !(r->header->flags & (FLAG_AA | FLAG_RA))) {
        r->is_malformed = true;
    }
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static void read_sections(struct reading *r, struct rrset *out)
{
    bool is_nxdomain = (r->header->flags & RCODE_MASK) == RCODE_NXDOMAIN;
    follow_aliases(r, out);
    if (r->is_malformed || out->alias_loops) {
        r->is_malformed = true;
        return;
    }
    if (out->has_alias && !print_name(&r->owner, r->arena, &out->alias_target)) {
        r->is_out_of_memory = true;
        return;
    }
    size_t count = count_records(r);
    if (r->is_malformed) {
        return;
    }
    if (count == 0) {
        read_absence(r, out);
    } else if (is_nxdomain) {
        /* Both "no such name" and records of it: RFC 2308 2.1 allows aliases only. */
        r->is_malformed = true;
    } else {
        out->outcome = DNS_ANSWERED;
        read_records(r, count, out);
    }
}

static void fail(struct rrset *out, enum dns_outcome outcome)
{
    out->outcome = outcome;
    out->ttl_s = 0;
    out->count = 0;
    out->soa_owner = (span){ NULL, 0 };
    out->txt = NULL;
}

static enum answer_result read_message(struct reading *r, struct rrset *out)
{
    static const enum dns_outcome failures[16] = {
        [0] = DNS_ANSWERED, [1] = DNS_BAD_RESPONSE, [RCODE_SERVFAIL] = DNS_SERVFAIL, [RCODE_NXDOMAIN] = DNS_NXDOMAIN,
        [4] = DNS_BAD_RESPONSE, [RCODE_REFUSED] = DNS_REFUSED,
        [6] = DNS_BAD_RESPONSE, [7] = DNS_BAD_RESPONSE, [8] = DNS_BAD_RESPONSE, [9] = DNS_BAD_RESPONSE,
        [10] = DNS_BAD_RESPONSE, [11] = DNS_BAD_RESPONSE, [12] = DNS_BAD_RESPONSE, [13] = DNS_BAD_RESPONSE,
        [14] = DNS_BAD_RESPONSE, [15] = DNS_BAD_RESPONSE,
    };
    if (failures[out->rcode] != DNS_ANSWERED && failures[out->rcode] != DNS_NXDOMAIN) {
        fail(out, failures[out->rcode]);
        return ANSWER_READ;
    }
    read_sections(r, out);
    if (r->is_out_of_memory) {
        fail(out, DNS_CUT);
        return ANSWER_NO_MEMORY;
    }
    if (r->is_malformed) {
        fail(out, DNS_BAD_RESPONSE);
        return ANSWER_READ;
    }
    out->ttl_s = r->ttl_s;
    return ANSWER_READ;
}

enum answer_result answer_read(span message, const struct answer_form *known, struct arena *arena, struct rrset *out)
{
    struct answer_form with_end = *known;
    const struct answer_form *form = &with_end;
    struct cursor c = { message, 0 };
    struct cursor asked = { form->query, 0 };
    struct header header;
    uint16_t id;
    if (!take16(&asked, &id) || !take_header(&c, &header) || !is_response(&header) ||
        (!form->ignore_id && header.id != id)) {
        return ANSWER_NOT_OURS;
    }
    if (with_end.question_end == 0) {
        with_end.question_end = answer_question_end(form->query);
    }
    if (with_end.question_end < DNS_HEADER_SIZE + 5 || with_end.question_end > form->query.len) {
        return ANSWER_NOT_OURS;
    }
    bool is_bare = is_bare_failure(message, &header);
    enum answer_result question = is_bare ? ANSWER_READ : check_question(message, header.questions, form);
    if (question != ANSWER_READ) {
        return question;
    }
    uint8_t rcode = header.flags & RCODE_MASK;
    bool is_cut_short = (header.flags & FLAG_TC) && (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN);
    if (is_cut_short && !form->over_tcp) {
        return ANSWER_TRUNCATED;
    }
    asked.at = form->question_end - 4;
    struct reading r;   /* .owner is large and seldom read: not zeroed */
    r.message = message;
    r.header = &header;
    r.arena = arena;
    r.ttl_s = TTL_MAX;
    r.is_owner_asked = true;
    r.is_owner_read = r.is_malformed = r.is_out_of_memory = false;
    r.answers_at = form->question_end;
    r.authority_at = 0;
    if (!take16(&asked, &r.qtype)) {
        return ANSWER_NOT_OURS;
    }
    *out = (struct rrset){
        .rcode = rcode,
        .is_authenticated = (header.flags & FLAG_AD) != 0,
        .over_tcp = form->over_tcp,
        .wire_size = (uint32_t)message.len,
    };
    if (is_cut_short) {
        /* TC over TCP: there is nothing larger to ask with, and what is missing is not known. */
        fail(out, DNS_BAD_RESPONSE);
        return ANSWER_READ;
    }
    return read_message(&r, out);
}
