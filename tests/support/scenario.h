// SPDX-License-Identifier: MIT
#pragma once

/* clang-format off */
/*
 * Situations of the DNS written down, and what the record must then say: the text files tests/scenarios/ *.scn.
 *
 *   ## an include without a record is permerror (RFC 7208 5.2)   begins a scenario; its name
 *   domain example.com                                           the name scanned
 *   checks +bimi,-mx                                             changes to the default; or a whole list: spf,dmarc
 *   dkim full                                                    smart (default), full, off
 *   selectors a,b                                                of the list, for this domain
 *   signed example.com mx.example.net                            answers from there on down are validated (AD)
 *   bogus example.com                                            SERVFAIL from there on down, but with checking disabled
 *   full                                                         the record is that of --records full
 *   excluded                                                     the name is excluded, nothing is asked
 *   example.com TXT "v=spf1 -all" "second string"                a record; \DDD, \" and \\; cut at 255 bytes
 *   example.com TXT "x"*300                                      the text 300 times
 *   example.com MX 10 mx.example.com.                            also A, AAAA, CNAME, NS, PTR; SPF as TXT
 *   _25._tcp.mx.example.com TLSA 3 1 1 "ab"*32                   numbers, then hexadecimal digits; DS too
 *   none.example TXT SERVFAIL                                    NODATA NXDOMAIN SERVFAIL REFUSED TIMEOUT BAD
 *   none.example ANY TIMEOUT                                     every type
 *   example.com exists                                           the name is there, without records
 *   *.example.com TXT "wild"                                     RFC 4592
 *   @1..12 n{}.example TXT "v=spf1 include:n{+1}.example -all"   the line for 1, 2 ... 12
 *   example.com TXT "v=spf1 $(1..9:ip4:192.0.2.{} )-all"         the part for 1, 2 ... 9
 *   let key MIIB...      and  ${key}                             a text used again, until the file ends
 *   expect spf.status permerror                                  path and JSON value; a bare word is a string
 *   expect contains spf.limit_hit "mx"
 *   expect count dkim.selectors 2                                members of an array
 *   expect finding spf_missing [warning] ["detail" | ~ "part of it"]
 *   expect no finding spf_missing
 *   expect asked mta-sts.example.com A                           or: expect not asked ...
 *   errors any                                                   else an error finding not expected fails
 *   # a comment, at the start of a line or after two blanks
 *
 * The DNS is a tree: a name exists when it, or a name below it, has a record; every single label exists. Names that do
 * not exist are NXDOMAIN, types that do not are NODATA. A type that stands beside a CNAME is answered as it stands, others
 * follow the alias. The SOA that comes with them is at the registrable domain where that exists, else at the public suffix
 * above it; "lan ANY NXDOMAIN" makes it the root's for all below lan.
 *
 * Memory: all of a file's scenarios are in the arena given.
 */
/* clang-format on */

#include "scanner/base/answer_set.h"

enum { SCENARIO_ANY_TYPE = 255 };

struct scenario_record {
    struct scenario_record *next;
    span owner;
    uint16_t qtype;
    enum dns_outcome outcome; /* ANSWERED: one of the following; NODATA also for "exists" */
    struct txt_record txt;
    struct mx_record mx;
    uint8_t address[16];
    span name; /* target of CNAME, NS, PTR; data of DS, TLSA */
};

enum expect_kind {
    EXPECT_VALUE,
    EXPECT_CONTAINS,
    EXPECT_COUNT,
    EXPECT_FINDING,
    EXPECT_NO_FINDING,
    EXPECT_ASKED,
    EXPECT_NOT_ASKED
};

struct scenario_expect {
    struct scenario_expect *next;
    enum expect_kind kind;
    int line;
    span path;     /* or finding id, or qname */
    span value;    /* JSON text; of a finding its detail as written in JSON, empty: any */
    span severity; /* empty: any */
    bool is_part;  /* value is a part of the detail */
    uint16_t qtype;
};

struct scenario {
    struct scenario *next;
    const char *name;
    const char *file;
    int line;
    span domain, checks, dkim_mode, selectors, signed_zones, bogus_zone;
    bool is_excluded, is_full, any_errors;
    struct scenario_record *records, **records_tail;
    struct scenario_expect *expects, **expects_tail;
};

/* The scenarios of a file in order; NULL and a message on stderr when it cannot be read or a line is wrong. */
struct scenario *scenario_file_read(const char *path, struct arena *arena);

/* The registrable domain of a name, for the SOA: as suffix_list.organizational_domain. */
typedef span scenario_suffixes(const void *list, span name);

/* What the scenario's DNS answers. */
const struct rrset *scenario_answer(const struct scenario *scenario, struct arena *arena, const struct asked *asked,
                                    scenario_suffixes *organizational_domain, const void *list);
