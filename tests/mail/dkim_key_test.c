// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "scanner/mail/dkim_key.h"
#include "tests/mail/dkim_keys.h"
#include "tests/support/cliff.h"

enum { MAX_NOTES = 6 };

struct row {
    const char *name;
    const char *text;
    enum dkim_selector_status status;
    enum dkim_key_type type;
    uint32_t bits;
    const char *findings; /* in order, separated by a blank; "" none, without dkim_version_missing where text has a v */
};

#define VALID DKIM_KEY_VALID
#define INVALID DKIM_KEY_INVALID
#define REVOKED DKIM_KEY_REVOKED
#define RSA_TYPE DKIM_KEY_RSA
#define ED_TYPE DKIM_KEY_ED25519
#define V "v=DKIM1; "

static void join_notes(const struct dkim_key *key, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < key->note_count; i++) {
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? " " : "", finding_kind(key->notes[i].id)->id);
    }
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct dkim_key key;
        char notes[512];
        span text = cliff_new(rows[i].text, strlen(rows[i].text));
        dkim_key_parse(text, &key);
        join_notes(&key, notes, sizeof(notes));
        if (key.status != rows[i].status || key.type != rows[i].type || key.bits != rows[i].bits ||
            strcmp(notes, rows[i].findings) != 0) {
            print_error("%s: status %d type %d bits %u notes '%s'\n", rows[i].name, (int)key.status, (int)key.type,
                        key.bits, notes);
            fail();
        }
        cliff_free(text);
    }
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void tag_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a plain key: RFC 6376 3.6.1", V "k=rsa; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "v may be missing: 3.6.1", "p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "dkim_version_missing" },
        { "v not first: warning, case 12", "k=rsa; v=DKIM1; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048,
          "dkim_version_not_first" },
        { "v is case-sensitive: 3.6.1", "v=dkim1; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_bad_version" },
        { "v is exactly DKIM1: 3.6.1", "v=DKIM1.0; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_bad_version" },
        { "v of SPF", "v=spf1 -all", INVALID, RSA_TYPE, 0, "dkim_bad_version dkim_missing_p" },
        { "bad version discards a revocation too", "v=DKIM2; p=", INVALID, RSA_TYPE, 0, "dkim_bad_version" },
        { "white space around tags: 3.2", " v = DKIM1 ;\tk = rsa ;\r\n p = " KEY_RSA_2048 " ; ", VALID, RSA_TYPE, 2048, "" },
        { "final semicolon: 3.2", V "p=" KEY_RSA_2048 ";", VALID, RSA_TYPE, 2048, "" },
        { "empty element skipped: case 35", "v=DKIM1;; p=" KEY_RSA_2048 ";;", VALID, RSA_TYPE, 2048, "" },
        { "stray word: case 35, 3.2", V "hello; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_key_unparsable" },
        { "stray word beside a revocation", V "hello; p=", INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
        { "tag name with a hyphen: 3.2", V "a-b=c; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_key_unparsable" },
        { "tag name that begins with a digit: 3.2", V "1a=c; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048,
          "dkim_key_unparsable" },
        { "tag name with underscore and digit: 3.2", V "a_1=c; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "unknown tags are ignored: 3.2", V "x=y=z; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "names are case-sensitive: 3.2", V "P=" KEY_RSA_2048, INVALID, RSA_TYPE, 0, "dkim_missing_p" },
        { "empty notes: 3.2", "v=DKIM1;n=;p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "byte above 0x7e: 3.2 VALCHAR", V "n=\xc3\xa9; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_key_unparsable" },
        { "repeated tag: 3.2", V "k=rsa; k=rsa; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_duplicate_tag" },
        { "repeated unknown tag: 3.2", V "x=1; x=1; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_duplicate_tag" },
        { "no p: 3.6.1", V "k=rsa", INVALID, RSA_TYPE, 0, "dkim_missing_p" },
        { "empty p: revoked, 3.6.1", V "p=", REVOKED, RSA_TYPE, 0, "dkim_revoked" },
        { "blank p: revoked", V "p= ;", REVOKED, RSA_TYPE, 0, "dkim_revoked" },
        { "revoked without version", "p=", REVOKED, RSA_TYPE, 0, "dkim_version_missing dkim_revoked" },
        { "empty text", "", INVALID, RSA_TYPE, 0, "dkim_version_missing dkim_missing_p" },
        { "escaped semicolons of a zone file", "v=DKIM1\\; k=rsa\\; p=" KEY_RSA_2048, INVALID, DKIM_KEY_UNKNOWN, 0,
          "dkim_escaped_semicolon dkim_escaped_semicolon dkim_bad_version dkim_key_type_unknown" },
        { "quotes of a zone file", "\"v=DKIM1; p=" KEY_RSA_2048 "\"", INVALID, RSA_TYPE, 0,
          "dkim_quotes_inside dkim_quotes_inside dkim_version_missing dkim_bad_base64" },
        { "a quote in the notes is nobody's harm", V "n=\"x\"; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
    };
    CHECK_ROWS(rows);
}

static void key_tags(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "k without case: case 35", V "k=RSA; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "k unknown", V "k=dsa; p=" KEY_RSA_2048, INVALID, DKIM_KEY_UNKNOWN, 0, "dkim_key_type_unknown" },
        { "h with sha256", V "h=sha1:sha256; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "h with blanks: 3.6.1", V "h= sha1 : sha256 ; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "h=sha1: RFC 8301 3.1", V "h=sha1; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_sha1_only" },
        { "h unknown", V "h=md5; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_hash_unknown" },
        { "h=sha2567 is not sha256", V "h=sha2567; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_hash_unknown" },
        { "s=email", V "s=email; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "s with star", V "s=tls:*; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "s of another service", V "s=tls; p=" KEY_RSA_2048, INVALID, RSA_TYPE, 2048, "dkim_not_for_mail" },
        { "t=y", V "t=y; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "dkim_testing" },
        { "t=s:y", V "t=s:y; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "dkim_testing dkim_strict_identity" },
        { "t=x: unknown flags ignored", V "t=x; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "g=*", V "g=*; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "dkim_granularity" },
        { "g empty", V "g=; p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "dkim_granularity" },
    };
    CHECK_ROWS(rows);
    struct dkim_key key;
    dkim_key_parse(SPAN(V "g=; p=" KEY_RSA_2048), &key);
    assert_int_equal(key.notes[0].severity, SEVERITY_WARNING);
    dkim_key_parse(SPAN(V "t=y; p=" KEY_RSA_2048), &key);
    assert_true(key.is_testing);
}

static void base64(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "padding", V "k=ed25519; p=" KEY_ED25519, VALID, ED_TYPE, 256, "" },
        { "no padding: case 35, its ABNF", V "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo", VALID, ED_TYPE, 256,
          "dkim_public_test_key" },
        { "white space inside: 2.10", V "k=ed25519; p=11qYAYKx CrfVS/7TyWQH\tOg7hcvPapiMlr\r\n wIaaPcHURo =", VALID, ED_TYPE,
          256, "dkim_public_test_key" },
        { "a character that is none", V "p=MIG*", INVALID, RSA_TYPE, 0, "dkim_bad_base64" },
        { "one symbol too many", V "p=AAAAA", INVALID, RSA_TYPE, 0, "dkim_bad_base64" },
        { "symbols behind the padding", V "p=AA==AA", INVALID, RSA_TYPE, 0, "dkim_bad_base64" },
        { "three times =", V "p=AA===", INVALID, RSA_TYPE, 0, "dkim_bad_base64" },
        { "only =", V "p==", INVALID, RSA_TYPE, 0, "dkim_bad_base64" },
        { "base64url is none", V "p=AA-_", INVALID, RSA_TYPE, 0, "dkim_bad_base64" },
        { "PEM armour", V "p=-----BEGIN PUBLIC KEY-----" KEY_RSA_2048 "-----END PUBLIC KEY-----", INVALID, RSA_TYPE, 0,
          "dkim_pem_armor dkim_bad_base64" },
    };
    CHECK_ROWS(rows);
}

static void rsa_keys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "512: RFC 8301 3.2", V "p=" KEY_RSA_512, INVALID, RSA_TYPE, 512, "dkim_rsa_under_1024" },
        { "768", V "p=" KEY_RSA_768, INVALID, RSA_TYPE, 768, "dkim_rsa_under_1024" },
        { "1024", V "p=" KEY_RSA_1024, VALID, RSA_TYPE, 1024, "dkim_rsa_under_2048" },
        { "1536", V "p=" KEY_RSA_1536, VALID, RSA_TYPE, 1536, "dkim_rsa_under_2048" },
        { "2048", V "p=" KEY_RSA_2048, VALID, RSA_TYPE, 2048, "" },
        { "4096", V "p=" KEY_RSA_4096, VALID, RSA_TYPE, 4096, "" },
        { "8192: verifiers need not accept", V "p=" KEY_RSA_8192, VALID, RSA_TYPE, 8192, "dkim_rsa_over_4096" },
        { "bare RSAPublicKey: RFC 8017 A.1.1", V "p=" KEY_RSA_2048_BARE, VALID, RSA_TYPE, 2048, "" },
        { "exponent 3", V "p=" KEY_RSA_2048_E3, VALID, RSA_TYPE, 2048, "dkim_rsa_bad_exponent" },
        { "a P-256 key is none", V "p=" KEY_EC_P256, INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
        { "an Ed25519 key without k", V "p=" KEY_ED25519, INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
        { "modulus 15, exponent 3", V "p=MAYCAQ8CAQM=", INVALID, RSA_TYPE, 4, "dkim_rsa_under_512 dkim_rsa_bad_exponent" },
        { "modulus 15, exponent 2: case 35", V "p=MAYCAQ8CAQI=", INVALID, RSA_TYPE, 4,
          "dkim_rsa_under_512 dkim_rsa_bad_exponent" },
        { "modulus 15, exponent 1", V "p=MAYCAQ8CAQE=", INVALID, RSA_TYPE, 4, "dkim_rsa_under_512 dkim_rsa_bad_exponent" },
        { "modulus 0", V "p=MAYCAQACAQM=", INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
        { "trailing byte", V "p=MAYCAQ8CAQMA", INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
        { "cut short", V "p=MAYCAQ8CAQ==", INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
        { "indefinite length", V "p=MIACAQ8CAQMAAA==", INVALID, RSA_TYPE, 0, "dkim_key_unparsable" },
    };
    CHECK_ROWS(rows);
    struct dkim_key key;
    dkim_key_parse(SPAN(V "p=" KEY_RSA_2048_E3), &key);
    assert_int_equal(key.notes[0].severity, SEVERITY_INFO);
}

static void ed25519_keys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "31 bytes: RFC 8463 3", V "k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", INVALID, ED_TYPE, 0,
          "dkim_ed25519_bad_length" },
        { "33 bytes", V "k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", INVALID, ED_TYPE, 0,
          "dkim_ed25519_bad_length" },
        { "32 bytes", V "k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", VALID, ED_TYPE, 256, "" },
        { "an RSA key", V "k=ed25519; p=" KEY_RSA_1024, INVALID, ED_TYPE, 0, "dkim_ed25519_bad_length" },
    };
    CHECK_ROWS(rows);
}

static void keys_in_print_are_anyones(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "RFC 6376 appendix C", V "p=" KEY_RFC6376, VALID, RSA_TYPE, 1024, "dkim_rsa_under_2048 dkim_public_test_key" },
        { "RFC 8463 A.2, RSA", V "k=rsa; p=" KEY_RFC8463_RSA, VALID, RSA_TYPE, 1024,
          "dkim_rsa_under_2048 dkim_public_test_key" },
        { "RFC 8463 A.2, Ed25519", V "k=ed25519; p=" KEY_RFC8463_ED25519, VALID, ED_TYPE, 256, "dkim_public_test_key" },
    };
    CHECK_ROWS(rows);
}

static void what_means_to_be_a_key(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_key;
    } rows[] = {
        { V "p=" KEY_RSA_1024, true }, { "p=", true },       { "v=DKIM1", true }, { "v=dkim1;", true }, { "k=rsa; p=x", true },
        { "k=rsa", true },             { "v=spf1 -all", false }, { "google-site-verification=abc", false }, { "", false },
        { "hello", false },            { "\"v=DKIM1; k=rsa", true }, { "o=~", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dkim_key key;
        dkim_key_parse(span_from_cstr(rows[i].text), &key);
        assert_int_equal(key.is_key_record, rows[i].is_key);
    }
}

/* What libcrypto reads from the same bytes: bits, or 0. */
static uint32_t libcrypto_bits(const uint8_t *der, size_t len)
{
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);
    if (!key) {
        at = der;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)len);
    }
    uint32_t bits = 0;
    if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && at == der + len) {
        bits = (uint32_t)EVP_PKEY_bits(key);
    }
    EVP_PKEY_free(key);
    return bits;
}

static uint32_t our_bits(const uint8_t *der, size_t len)
{
    static const char head[] = V "p=";
    char text[8192];
    struct dkim_key key;
    memcpy(text, head, sizeof(head) - 1);
    int wrote = EVP_EncodeBlock((unsigned char *)text + sizeof(head) - 1, der, (int)len);
    dkim_key_parse(span_of(text, sizeof(head) - 1 + (size_t)wrote), &key);
    return key.bits;
}

static size_t decode(const char *text, uint8_t *out)
{
    size_t len = strlen(text);
    int wrote = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
    assert_true(wrote > 0);
    return (size_t)wrote - (text[len - 1] == '=') - (text[len - 2] == '=');
}

static const char *const whole_keys[] = { KEY_RSA_512,  KEY_RSA_768,       KEY_RSA_1024,    KEY_RSA_1536, KEY_RSA_2048,
                                          KEY_RSA_4096, KEY_RSA_2048_BARE, KEY_RSA_2048_E3, KEY_RFC6376 };

static void libcrypto_reads_the_same_bits(void **state)
{
    (void)state;
    uint8_t der[4096];
    for (size_t i = 0; i < sizeof(whole_keys) / sizeof(whole_keys[0]); i++) {
        size_t len = decode(whole_keys[i], der);
        assert_true(our_bits(der, len) > 0);
        assert_int_equal(our_bits(der, len), libcrypto_bits(der, len));
        for (size_t cut = 1; cut < len; cut += 7) {
            assert_int_equal(our_bits(der, len - cut), 0);
            assert_int_equal(libcrypto_bits(der, len - cut), 0);
        }
    }
}

/* Every byte of the headers changed in every way: what we read, libcrypto reads so too. */
static void what_we_read_libcrypto_reads(void **state)
{
    (void)state;
    uint8_t der[4096];
    size_t len = decode(KEY_RSA_1024, der);
    size_t read = 0, differences = 0;
    for (size_t at = 0; at < len; at++) {
        /* The modulus' own bytes say nothing about the form. */
        if (at > 32 && at < len - 8) {
            continue;
        }
        uint8_t kept = der[at];
        for (unsigned value = 0; value < 256; value++) {
            der[at] = (uint8_t)value;
            uint32_t bits = our_bits(der, len);
            read += bits > 0;
            if (bits > 0 && libcrypto_bits(der, len) != bits) {
                print_error("byte %zu as %u: we read %u, libcrypto %u\n", at, value, bits, libcrypto_bits(der, len));
                differences++;
            }
        }
        der[at] = kept;
    }
    assert_true(read > 1000);
    assert_int_equal(differences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_lists),
        cmocka_unit_test(key_tags),
        cmocka_unit_test(base64),
        cmocka_unit_test(rsa_keys),
        cmocka_unit_test(ed25519_keys),
        cmocka_unit_test(keys_in_print_are_anyones),
        cmocka_unit_test(what_means_to_be_a_key),
        cmocka_unit_test(libcrypto_reads_the_same_bits),
        cmocka_unit_test(what_we_read_libcrypto_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
