// SPDX-License-Identifier: MIT
/* Any bytes as a macro-string, checked and expanded in both scopes. */
#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expand(span text, enum spf_macro_scope scope, const struct spf_macro_values *values)
{
    struct spf_macro_facts facts = { 0 };
    char out[SPF_EXPANSION_SIZE], qname[SPF_QNAME_SIZE];
    size_t len = 0;
    span name;
    bool is_good = spf_macro_check(text, scope, &facts);
    enum spf_macro_result result = spf_macro_expand(text, scope, values, out, sizeof(out), &len);
    if (is_good == (result == SPF_MACRO_BAD) || (is_good && facts.last_expand_end > text.len)) {
        abort();
    }
    if (result != SPF_MACRO_DONE) {
        return;
    }
    span cut = spf_macro_truncate(span_of(out, len));
    if (cut.len > SPF_NAME_MAX || (spf_name_from_text(cut, qname, &name) && name.len > SPF_QNAME_SIZE)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spf_macro_values values = { .known = 0 };
    span text = span_of((const char *)data, size);
    /* The input's own beginning is a value, too: it may hold delimiters anywhere. */
    spf_macro_set(&values, 's', span_first(text, 40));
    spf_macro_set(&values, 'l', SPAN(""));
    spf_macro_set(&values, 'd', SPAN("a.b.c.example.com"));
    spf_macro_set(&values, 'i', SPAN("192.0.2.3"));
    spf_macro_set(&values, 'h', SPAN("..-.."));
    spf_macro_set(&values, 'c', SPAN("192.0.2.3"));
    expand(text, SPF_MACRO_IN_DOMAIN, &values);
    expand(text, SPF_MACRO_IN_EXPLANATION, &values);
    return 0;
}
