// SPDX-License-Identifier: MIT
#include "scanner/mail/dkim_key.h"

#include "scanner/mail/tag_list.h"

enum {
    TEXT_MAX = 65535, /* of a TXT record on the wire */
    KEY_BYTES_MAX = TEXT_MAX / 4 * 3 + 3,
    TAGS_MAX = 64, /* in which doubles are looked for; a longer list is no key record */
    ED25519_LEN = 32,
};

static void note_as(struct dkim_key *key, enum finding_id id, enum severity severity, const char *detail)
{
    if (key->note_count < DKIM_KEY_NOTES_MAX) {
        key->notes[key->note_count++] = (struct dkim_note){ id, severity, detail };
    }
}

static void note(struct dkim_key *key, enum finding_id id, const char *detail)
{
    note_as(key, id, finding_kind(id)->severity, detail);
}

static void fail(struct dkim_key *key, enum finding_id id, const char *detail)
{
    key->status = DKIM_KEY_INVALID;
    note(key, id, detail);
}

/* Base64. */

static bool is_fws(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum { NOT_BASE64 = 64 };

static unsigned base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26u;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52u;
    }
    return c == '+' ? 62 : c == '/' ? 63 : NOT_BASE64;
}

/*
 * RFC 6376 2.10: base64string = ALPHADIGITPS *([FWS] ALPHADIGITPS) [ [FWS] "=" [ [FWS] "=" ] ]: white space anywhere,
 * the padding may be missing. One symbol beyond a group of four gives no byte: not base64. False when it is none.
 */
static bool base64_decode(span text, uint8_t *out, size_t size, size_t *out_len)
{
    size_t symbols = 0, padding = 0, len = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_fws(c)) {
            continue;
        }
        if (c == '=') {
            padding++;
            continue;
        }
        unsigned value = base64_value(c);
        if (value == NOT_BASE64 || padding > 0) {
            return false;
        }
        bits = bits << 6 | value;
        symbols++;
        if (symbols % 4 != 1) {
            if (len == size) {
                return false;
            }
            out[len++] = (uint8_t)(bits >> (6 - 2 * ((symbols - 1) % 4)));
        }
    }
    *out_len = len;
    return symbols > 0 && symbols % 4 != 1 && padding <= 2;
}

/* DER, as far as an RSA public key needs it: X.690 8.1, RFC 5280 4.1, RFC 8017 A.1.1. */

struct bytes {
    const uint8_t *ptr;
    size_t len;
};

enum { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OBJECT = 0x06, DER_SEQUENCE = 0x30 };

/* Takes one element with that tag and a definite length off *rest. */
static bool der_take(struct bytes *rest, uint8_t tag, struct bytes *value)
{
    if (rest->len < 2 || rest->ptr[0] != tag) {
        return false;
    }
    size_t header = 2, len = rest->ptr[1];
    if (len >= 0x80) {
        size_t octets = len & 0x7f;
        if (octets == 0 || octets > 4 || rest->len - 2 < octets) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < octets; i++) {
            len = len << 8 | rest->ptr[2 + i];
        }
        header += octets;
    }
    if (rest->len - header < len) {
        return false;
    }
    *value = (struct bytes){ rest->ptr + header, len };
    rest->ptr += header + len;
    rest->len -= header + len;
    return true;
}

/* A number without its leading zeros. One that lacks the zero before a set top bit is read as meant, as libcrypto does. */
static bool der_take_number(struct bytes *rest, struct bytes *value)
{
    if (!der_take(rest, DER_INTEGER, value) || value->len == 0) {
        return false;
    }
    while (value->len > 0 && value->ptr[0] == 0) {
        value->ptr++;
        value->len--;
    }
    return true;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }, and nothing behind. */
static bool read_rsa_public_key(struct bytes der, struct bytes *modulus, struct bytes *exponent)
{
    struct bytes inner;
    return der_take(&der, DER_SEQUENCE, &inner) && der.len == 0 && der_take_number(&inner, modulus) &&
           der_take_number(&inner, exponent) && inner.len == 0;
}

static const uint8_t rsa_encryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };

/* RFC 3279 2.3.1: the parameters are NULL; some leave them out. */
static bool are_parameters_null(struct bytes parameters)
{
    return parameters.len == 0 || (parameters.len == 2 && parameters.ptr[0] == 0x05 && parameters.ptr[1] == 0);
}

/* SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { rsaEncryption, parameters }, BIT STRING { RSAPublicKey } }. */
static bool unwrap_public_key_info(struct bytes der, struct bytes *key)
{
    struct bytes inner, algorithm, object;
    if (!der_take(&der, DER_SEQUENCE, &inner) || der.len != 0 || !der_take(&inner, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OBJECT, &object) || object.len != sizeof(rsa_encryption) ||
        memcmp(object.ptr, rsa_encryption, object.len) != 0 || !are_parameters_null(algorithm) ||
        !der_take(&inner, DER_BIT_STRING, key) || inner.len != 0 || key->len == 0 || key->ptr[0] != 0) {
        return false;
    }
    key->ptr++;
    key->len--;
    return true;
}

/* Keys whose private half is in print, in a standard or with a tool everybody has: whoever reads it can sign. Known by the
   first bytes of modulus or key. */
static const struct {
    enum dkim_key_type type;
    uint8_t begins[12];
    const char *source;
} public_test_keys[] = {
    { DKIM_KEY_RSA, { 0xf0, 0x21, 0x13, 0xff, 0x50, 0x2d, 0xd2, 0x06, 0xc1, 0x26, 0x1a, 0xa6 }, "RFC 6376 appendix C" },
    { DKIM_KEY_RSA, { 0xe4, 0x1e, 0x53, 0x90, 0xa0, 0x14, 0xf3, 0x59, 0x18, 0x86, 0xb3, 0x95 }, "RFC 8463 appendix A.2" },
    { DKIM_KEY_RSA, { 0xd2, 0xfc, 0x7b, 0x6a, 0x0a, 0x1e, 0x6c, 0x67, 0x10, 0x4a, 0xeb, 0x8f }, "RFC 7517 appendix A.2" },
    { DKIM_KEY_RSA, { 0x9f, 0x81, 0x0f, 0xb4, 0x03, 0x82, 0x73, 0xd0, 0x25, 0x91, 0xe4, 0x07 }, "RFC 7520 section 3.4" },
    { DKIM_KEY_RSA, { 0x84, 0x02, 0x98, 0x76, 0xda, 0x1e, 0xa3, 0x2f, 0x33, 0x70, 0x07, 0x11 }, "RFC 9421 appendix B.1.1" },
    { DKIM_KEY_RSA, { 0xaf, 0x8b, 0x66, 0x9b, 0x7a, 0xf6, 0xd1, 0x67, 0x7f, 0x3d, 0xba, 0xaf }, "RFC 9421 appendix B.1.2" },
    { DKIM_KEY_RSA, { 0xb0, 0xf9, 0xe8, 0x19, 0x43, 0xa7, 0xae, 0x98, 0x92, 0xaa, 0xde, 0x17 }, "RFC 9500 section 2.1" },
    { DKIM_KEY_RSA, { 0xb8, 0x19, 0x41, 0xab, 0xf9, 0xdf, 0xfa, 0x48, 0x53, 0x73, 0x54, 0xb6 }, "OpenDKIM's tests" },
    { DKIM_KEY_RSA, { 0xbb, 0x54, 0x94, 0xd4, 0xb7, 0xd5, 0x2c, 0xf1, 0xc2, 0xa3, 0x33, 0x31 }, "the example of jwt.io" },
    { DKIM_KEY_ED25519, { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3 }, "RFC 8463 appendix A.2" },
    { DKIM_KEY_ED25519, { 0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7 }, "RFC 8032 section 7.1" },
    { DKIM_KEY_ED25519, { 0xfc, 0x51, 0xcd, 0x8e, 0x62, 0x18, 0xa1, 0xa3, 0x8d, 0xa4, 0x7e, 0xd0 }, "RFC 8032 section 7.1" },
    { DKIM_KEY_ED25519, { 0x27, 0x81, 0x17, 0xfc, 0x14, 0x4c, 0x72, 0x34, 0x0f, 0x67, 0xd0, 0xf2 }, "RFC 8032 section 7.1" },
    { DKIM_KEY_ED25519, { 0xec, 0x17, 0x2b, 0x93, 0xad, 0x5e, 0x56, 0x3b, 0xf4, 0x93, 0x2c, 0x70 }, "RFC 8032 section 7.1" },
    { DKIM_KEY_ED25519, { 0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1 }, "RFC 8410 section 10.3" },
    { DKIM_KEY_ED25519, { 0x26, 0xb4, 0x0b, 0x8f, 0x93, 0xff, 0xf3, 0xd8, 0x97, 0x11, 0x2f, 0x7e }, "RFC 9421 appendix B.1.4" },
};

static void look_for_test_key(struct dkim_key *key, struct bytes bytes)
{
    for (size_t i = 0; i < sizeof(public_test_keys) / sizeof(public_test_keys[0]); i++) {
        size_t len = sizeof(public_test_keys[i].begins);
        if (public_test_keys[i].type == key->type && bytes.len >= len &&
            memcmp(bytes.ptr, public_test_keys[i].begins, len) == 0) {
            key->is_public_test_key = true;
            note(key, FINDING_DKIM_PUBLIC_TEST_KEY, public_test_keys[i].source);
        }
    }
}

static uint32_t bit_length(struct bytes number)
{
    if (number.len == 0) {
        return 0;
    }
    uint32_t bits = (uint32_t)(number.len - 1) * 8;
    for (unsigned top = number.ptr[0]; top > 0; top >>= 1) {
        bits++;
    }
    return bits;
}

/* RFC 8301 3.2, by ascending bound. */
static const struct {
    uint32_t below;
    enum finding_id id;
    bool is_usable;
} rsa_sizes[] = {
    { 512, FINDING_DKIM_RSA_UNDER_512, false },
    { 1024, FINDING_DKIM_RSA_UNDER_1024, false },
    { 2048, FINDING_DKIM_RSA_UNDER_2048, true },
    { 4097, FINDING_COUNT, true }, /* nothing to say */
    { UINT32_MAX, FINDING_DKIM_RSA_OVER_4096, true },
};

static void judge_rsa_size(struct dkim_key *key)
{
    size_t i = 0;
    while (key->bits >= rsa_sizes[i].below) {
        i++;
    }
    if (!rsa_sizes[i].is_usable) {
        key->status = DKIM_KEY_INVALID;
    }
    if (rsa_sizes[i].id != FINDING_COUNT) {
        note(key, rsa_sizes[i].id, NULL);
    }
}

/* With an even exponent nothing verifies; with 1 everything does. */
static void judge_rsa_exponent(struct dkim_key *key, struct bytes exponent)
{
    bool is_even = exponent.len == 0 || exponent.ptr[exponent.len - 1] % 2 == 0;
    bool is_small = exponent.len == 1;
    if (is_even || (is_small && exponent.ptr[0] == 1)) {
        fail(key, FINDING_DKIM_RSA_BAD_EXPONENT, is_even ? "even" : "1");
    } else if (is_small && exponent.ptr[0] == 3) {
        note_as(key, FINDING_DKIM_RSA_BAD_EXPONENT, SEVERITY_INFO, "3");
    }
}

static void read_rsa(struct dkim_key *key, struct bytes der)
{
    struct bytes inner = der, modulus, exponent;
    unwrap_public_key_info(der, &inner);
    /* An even modulus is no product of two odd primes. */
    if (!read_rsa_public_key(inner, &modulus, &exponent) || modulus.len == 0 || modulus.ptr[modulus.len - 1] % 2 == 0) {
        fail(key, FINDING_DKIM_KEY_UNPARSABLE, NULL);
        return;
    }
    key->bits = bit_length(modulus);
    judge_rsa_size(key);
    judge_rsa_exponent(key, exponent);
    look_for_test_key(key, modulus);
}

static void read_ed25519(struct dkim_key *key, struct bytes bytes)
{
    if (bytes.len != ED25519_LEN) {
        fail(key, FINDING_DKIM_ED25519_BAD_LENGTH, NULL);
        return;
    }
    key->bits = 256;
    look_for_test_key(key, bytes);
}

static void read_key(struct dkim_key *key, span value)
{
    uint8_t bytes[KEY_BYTES_MAX];
    size_t len;
    if (value.len > TEXT_MAX || !base64_decode(value, bytes, sizeof(bytes), &len)) {
        fail(key, FINDING_DKIM_BAD_BASE64, NULL);
    } else if (key->type == DKIM_KEY_RSA) {
        read_rsa(key, (struct bytes){ bytes, len });
    } else if (key->type == DKIM_KEY_ED25519) {
        read_ed25519(key, (struct bytes){ bytes, len });
    }
}

/* The tags of RFC 6376 3.6.1, and g= of RFC 4871. */

enum tag_index { TAG_V, TAG_K, TAG_H, TAG_S, TAG_T, TAG_P, TAG_G, TAG_N, TAG_KNOWN_COUNT };

static const char tag_letters[TAG_KNOWN_COUNT] = { 'v', 'k', 'h', 's', 't', 'p', 'g', 'n' };

struct key_tags {
    span values[TAG_KNOWN_COUNT];
    bool has[TAG_KNOWN_COUNT];
    bool version_is_first;
    bool is_tag_list; /* RFC 6376 3.2 holds for all elements */
    bool has_double;
};

static void keep_tag(struct key_tags *tags, const struct tag *tag, size_t position)
{
    for (size_t i = 0; i < TAG_KNOWN_COUNT; i++) {
        if (tag->name.len == 1 && tag->name.ptr[0] == tag_letters[i] && !tags->has[i]) {
            tags->has[i] = true;
            tags->values[i] = tag->value;
            tags->version_is_first = i == TAG_V ? position == 0 : tags->version_is_first;
        }
    }
}

/* `n=` is for people: a quote or backslash in it hurts nobody. */
static void look_for_typing_marks(struct dkim_key *key, const struct tag *tag, bool more_follows)
{
    if (span_equal(tag->name, SPAN("n"))) {
        return;
    }
    span element = tag->element;
    if (more_follows && element.len > 0 && element.ptr[element.len - 1] == '\\') {
        fail(key, FINDING_DKIM_ESCAPED_SEMICOLON, NULL);
    }
    if (span_find(element, '"') < element.len) {
        fail(key, FINDING_DKIM_QUOTES_INSIDE, NULL);
    }
}

static bool is_double(const span *names, size_t count, span name)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(names[i], name)) { /* tag names are case-sensitive: RFC 6376 3.2 */
            return true;
        }
    }
    return false;
}

static void read_tags(struct dkim_key *key, span text, struct key_tags *tags)
{
    span names[TAGS_MAX];
    size_t count = 0;
    struct tag tag;
    tags->is_tag_list = true;
    for (span rest = text; tag_list_next(&rest, &tag);) {
        bool more_follows = (size_t)(tag.element.ptr - text.ptr) + tag.element.len < text.len;
        look_for_typing_marks(key, &tag, more_follows);
        if (tag.is_empty) {
            continue;
        }
        if (!tag.has_equals || !tag_name_is_valid(tag.name) || !tag_value_is_valid(tag.value) || count == TAGS_MAX) {
            tags->is_tag_list = false;
            continue;
        }
        tags->has_double |= is_double(names, count, tag.name);
        keep_tag(tags, &tag, count);
        names[count++] = tag.name;
    }
}

/* One of a colon-separated list, without case (RFC 6376's literals are those of RFC 5234 2.3). */
static bool list_has(span list, span word)
{
    while (list.len > 0) {
        if (span_equal_nocase(span_trim_fws(span_cut(&list, ':')), word)) {
            return true;
        }
    }
    return false;
}

static void judge_version(struct dkim_key *key, const struct key_tags *tags)
{
    if (!tags->has[TAG_V]) {
        note(key, FINDING_DKIM_VERSION_MISSING, NULL);
    } else if (!span_equal(tags->values[TAG_V], SPAN("DKIM1"))) {
        fail(key, FINDING_DKIM_BAD_VERSION, NULL);
    } else if (!tags->version_is_first) {
        note(key, FINDING_DKIM_VERSION_NOT_FIRST, NULL);
    }
}

static enum dkim_key_type key_type(const struct key_tags *tags)
{
    if (!tags->has[TAG_K] || span_equal_nocase(tags->values[TAG_K], SPAN("rsa"))) {
        return DKIM_KEY_RSA;
    }
    return span_equal_nocase(tags->values[TAG_K], SPAN("ed25519")) ? DKIM_KEY_ED25519 : DKIM_KEY_UNKNOWN;
}

static void judge_hashes(struct dkim_key *key, const struct key_tags *tags)
{
    span list = tags->values[TAG_H];
    if (!tags->has[TAG_H] || list_has(list, SPAN("sha256"))) {
        return;
    }
    fail(key, list_has(list, SPAN("sha1")) ? FINDING_DKIM_SHA1_ONLY : FINDING_DKIM_HASH_UNKNOWN, NULL);
}

static void judge_restrictions(struct dkim_key *key, const struct key_tags *tags)
{
    judge_hashes(key, tags);
    if (tags->has[TAG_S] && !list_has(tags->values[TAG_S], SPAN("*")) &&
        !list_has(tags->values[TAG_S], SPAN("email"))) {
        fail(key, FINDING_DKIM_NOT_FOR_MAIL, NULL);
    }
    if (key->is_testing) {
        note(key, FINDING_DKIM_TESTING, NULL);
    }
    if (tags->has[TAG_T] && list_has(tags->values[TAG_T], SPAN("s"))) {
        note(key, FINDING_DKIM_STRICT_IDENTITY, NULL);
    }
    if (tags->has[TAG_G]) {
        bool is_any = span_equal(tags->values[TAG_G], SPAN("*"));
        note_as(key, FINDING_DKIM_GRANULARITY, is_any ? SEVERITY_INFO : SEVERITY_WARNING, NULL);
    }
}

static bool means_to_be_key(span text, const struct key_tags *tags)
{
    return tags->has[TAG_P] || (tags->has[TAG_K] && !tags->has[TAG_V]) ||
           (tags->has[TAG_V] && span_starts_with_nocase(tags->values[TAG_V], SPAN("dkim"))) ||
           text_has_word(span_first(text, 32), SPAN("dkim1"));
}

/* The p tag: absent, empty (revoked), or a key. */
static void judge_key(struct dkim_key *key, const struct key_tags *tags)
{
    if (!tags->has[TAG_P]) {
        fail(key, FINDING_DKIM_MISSING_P, NULL);
    } else if (tags->values[TAG_P].len > 0) {
        judge_restrictions(key, tags);
        if (key->type == DKIM_KEY_UNKNOWN) {
            fail(key, FINDING_DKIM_KEY_TYPE_UNKNOWN, NULL);
        }
        read_key(key, tags->values[TAG_P]);
    } else if (key->status == DKIM_KEY_VALID && tags->is_tag_list) {
        key->status = DKIM_KEY_REVOKED;
        note(key, FINDING_DKIM_REVOKED, NULL);
    }
}

void dkim_key_parse(span text, struct dkim_key *out)
{
    struct key_tags tags = { 0 };
    *out = (struct dkim_key){ .status = DKIM_KEY_VALID };
    read_tags(out, text, &tags);
    out->is_key_record = means_to_be_key(text, &tags);
    out->type = key_type(&tags);
    out->is_testing = tags.has[TAG_T] && list_has(tags.values[TAG_T], SPAN("y"));
    /* A key has no hyphen: mostly there is nothing to search. */
    span from_hyphen = span_after(text, span_find(text, '-'));
    if (span_search_nocase(from_hyphen, SPAN("-----BEGIN")) < from_hyphen.len) {
        fail(out, FINDING_DKIM_PEM_ARMOR, NULL);
    }
    if (tags.has_double) {
        fail(out, FINDING_DKIM_DUPLICATE_TAG, NULL);
    }
    judge_version(out, &tags);
    judge_key(out, &tags);
    /* A list that breaks RFC 6376 3.2 in a way that no other finding names. */
    if (!tags.is_tag_list && out->status != DKIM_KEY_INVALID) {
        fail(out, FINDING_DKIM_KEY_UNPARSABLE, "not a tag list");
    }
}
