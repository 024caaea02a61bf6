// SPDX-License-Identifier: MIT
#pragma once

/*
 * The URIs of rua and ruf. RFC 9989 section 4.8 (dmarc-urilist), RFC 3986, RFC 6068 for mailto, RFC 7489 section 6.4 for
 * the size limit (`!10m`) that RFC 9989 removed.
 *
 * Threads: any; pure.  Memory: none; the results point into the list given.
 */

#include "scanner/base/span.h"

struct dmarc_uri {
    span text;           /* as written, without the blanks around it, size limit and all */
    span host;           /* of mailto and https, as written, without final dot; empty when malformed */
    bool is_wellformed;  /* a URI; mailto has an address, https a host */
    bool is_mailto, is_https;
    bool has_size_limit;
    const char *fault;   /* in a few words; NULL when well-formed */
};

/* Takes the next URI off the list; false at its end. */
bool dmarc_uri_next(span *list, struct dmarc_uri *out);

/* A host name that can be asked about: letters, digits, hyphen, underscore in labels of 1 to 63, at most 253 in all. */
bool dmarc_host_is_name(span host);
