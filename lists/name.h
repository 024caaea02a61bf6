// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a person writes where a domain name is meant -> the name as the DNS is asked: A-labels, lower case, no final
 * dot.
 *
 * Labels are made of letters, digits, hyphen and underscore (the DNS has names that are no host names, and lists hold
 * them), at most 63 octets each, 253 in all (RFC 1035 section 2.3.4). Names in UTF-8 go through UTS 46 non-transitional
 * and IDNA 2008 (RFC 5891); a label that already is an A-label must survive the way to Unicode and back. A host that is
 * an IP address, and a name of one label, are refused.
 *
 * Plain ASCII names never reach libidn2: that path is one pass over the bytes.
 *
 * Threads: any; pure.  Memory: none is kept; the result is written to the caller's buffer.
 */

#include <stddef.h>

enum {
    NAME_LEN_MAX = 253,
    NAME_LABEL_LEN_MAX = 63,
    NAME_SIZE = 256, /* room that any name fits into, with a final NUL */
};

enum name_result {
    NAME_OK,
    NAME_NOTHING,      /* no host there: an empty field, "https://", "user@" */
    NAME_BLANK_INSIDE, /* two words, or a control byte */
    NAME_EMPTY_LABEL,  /* "a..b", ".example" */
    NAME_LABEL_TOO_LONG,
    NAME_TOO_LONG,
    NAME_IS_ADDRESS, /* IPv4, IPv6, "[...]" */
    NAME_SINGLE_LABEL,
    NAME_BAD_CHARACTER, /* ASCII other than letters, digits, hyphen, underscore */
    NAME_BAD_PORT,      /* "host:x" */
    NAME_BAD_UTF8,
    NAME_BAD_IDN,    /* IDNA 2008 forbids it, or UTS 46 does */
    NAME_BAD_ALABEL, /* "xn--" that is no A-label */
    NAME_NO_MEMORY,  /* to tell: says nothing of the name */
    NAME_RESULT_COUNT
};

/* Why not, in words that read after a colon: "an IP address". For NAME_OK: "a name". Static. */
const char *name_result_text(enum name_result result);

/*
 * `text` holds a host name alone (blanks around it are dropped, one final dot too, "*." in front too). On NAME_OK out[]
 * holds the name with a final NUL and *out_len its length; else both are undefined. `text` may lie anywhere, but not in
 * out[].
 */
enum name_result name_from_host(const char *text, size_t len, char out[NAME_SIZE], size_t *out_len);

/*
 * The same for what lists hold besides: URL (scheme, user, port, path, query, fragment), //host/path, host:port,
 * host/path, user@host, mailto:user@host, "Full Name" <user@host>, <user@host>. All give their host part.
 */
enum name_result name_from_text(const char *text, size_t len, char out[NAME_SIZE], size_t *out_len);
