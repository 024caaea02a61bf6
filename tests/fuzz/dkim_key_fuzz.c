// SPDX-License-Identifier: MIT

/* A DKIM key record: any text gives a result that holds together, the same each time, and without writing elsewhere. */

#include <stdint.h>
#include <stdlib.h>

#include "scanner/mail/dkim_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dkim_key key;
    dkim_key_parse(span_of((const char *)data, size), &key);
    must(key.note_count <= DKIM_KEY_NOTES_MAX);
    must(key.status != DKIM_KEY_DANGLING);
    if (key.status == DKIM_KEY_VALID) {
        must(key.is_key_record);
        must(key.type == DKIM_KEY_ED25519 ? key.bits == 256 : key.type == DKIM_KEY_RSA && key.bits >= 1024);
    } else if (key.status == DKIM_KEY_REVOKED) {
        must(key.bits == 0);
    } else {
        must(key.note_count > 0); /* invalid, and somebody says why */
    }
    return 0;
}
