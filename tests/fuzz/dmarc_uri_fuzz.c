// SPDX-License-Identifier: MIT
/* Any bytes as the value of rua. */
#include <stdlib.h>

#include "scanner/mail/dmarc_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span list = { (const char *)data, size };
    struct dmarc_uri uri;
    size_t count = 0;
    while (dmarc_uri_next(&list, &uri)) {
        bool has_host = uri.host.len > 0;
        if (uri.is_wellformed == (uri.fault != NULL) || (has_host && !dmarc_host_is_name(uri.host))) {
            abort();
        }
        if (uri.is_wellformed && (uri.is_mailto || uri.is_https) && !has_host) {
            abort();
        }
        count++;
    }
    if (count > size) {
        abort();
    }
    return 0;
}
