// SPDX-License-Identifier: MIT
/* Any bytes as a name: what is accepted obeys name.h and stays itself when read again. */
#include "lists/name.h"
#include "lists/text.h"

#include <stdint.h>
#include <stdlib.h>

static void check(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_name(const char *name, size_t len)
{
    char again[NAME_SIZE];
    size_t again_len;
    size_t label = 0;
    check(len > 0 && len <= NAME_LEN_MAX && name[len] == '\0' && strlen(name) == len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        check(c == '.' || c == '-' || c == '_' || text_is_digit(c) || (c >= 'a' && c <= 'z'));
        label = c == '.' ? 0 : label + 1;
        check(label <= NAME_LABEL_LEN_MAX && (c != '.' || (i > 0 && name[i - 1] != '.')));
    }
    check(label > 0 && text_find(text_of(name, len), '.') < len);
    check(name_from_host(name, len, again, &again_len) == NAME_OK);
    check(again_len == len && memcmp(name, again, len) == 0);
    check(name_from_text(name, len, again, &again_len) == NAME_OK);
    check(again_len == len && memcmp(name, again, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[NAME_SIZE];
    size_t len;
    if (name_from_host((const char *)data, size, name, &len) == NAME_OK) {
        check_name(name, len);
    }
    if (name_from_text((const char *)data, size, name, &len) == NAME_OK) {
        check_name(name, len);
    }
    return 0;
}
