// SPDX-License-Identifier: MIT
#include "lists/rejects.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ESCAPED_MAX = 4, /* "\DDD" */
};

struct rejects {
    FILE *file;
    int error;
};

int rejects_open(struct rejects **out, const char *path, bool append, char *error, size_t error_size)
{
    struct rejects *r = calloc(1, sizeof(*r));
    int err = r == NULL ? -ENOMEM : 0;
    if (err == 0) {
        r->file = fopen(path, append ? "abe" : "wbe");
        err = r->file == NULL ? -errno : 0;
    }
    if (err < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(-err));
        free(r);
        return err;
    }
    *out = r;
    return 0;
}

/* Length of the well-formed UTF-8 sequence at the front that may be printed, else 0. Unicode table 3-7; no C1 controls.
 */
static size_t printable_sequence(const unsigned char *p, size_t len)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t len;
    } rows[] = {
        { 0xc2, 0xc2, 0xa0, 0xbf, 2 }, { 0xc3, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (p[0] < rows[i].first_low || p[0] > rows[i].first_high) {
            continue;
        }
        if (len < rows[i].len || p[1] < rows[i].second_low || p[1] > rows[i].second_high) {
            return 0;
        }
        for (size_t k = 2; k < rows[i].len; k++) {
            if (p[k] < 0x80 || p[k] > 0xbf) {
                return 0;
            }
        }
        return rows[i].len;
    }
    return 0;
}

size_t reject_escape(const char *text, size_t len, char *out, size_t size)
{
    size_t used = 0;
    size_t i = 0;
    while (i < len && size - used > ESCAPED_MAX) {
        unsigned char c = (unsigned char)text[i];
        size_t n = c >= 0x80 ? printable_sequence((const unsigned char *)text + i, len - i) : 0;
        if (n > 0) {
            memcpy(out + used, text + i, n);
            used += n;
            i += n;
            continue;
        }
        if (c == '\\') {
            out[used++] = '\\';
            out[used++] = '\\';
        } else if (c < ' ' || c >= 0x7f) {
            used += (size_t)snprintf(out + used, ESCAPED_MAX + 1, "\\%03u", (unsigned)c);
        } else {
            out[used++] = (char)c;
        }
        i++;
    }
    out[used] = '\0';
    return used;
}

void rejects_write(void *rejects, const struct list_reject *reject)
{
    struct rejects *r = rejects;
    char path[1024];
    char text[REJECT_TEXT_MAX * ESCAPED_MAX + ESCAPED_MAX + 1];
    bool is_cut = reject->text_len > REJECT_TEXT_MAX;
    reject_escape(reject->path, strlen(reject->path), path, sizeof(path));
    reject_escape(reject->text, is_cut ? REJECT_TEXT_MAX : reject->text_len, text, sizeof(text));
    if (fprintf(r->file, "%s:%" PRIu64 ": %s: %s%s\n", path, reject->line, reject->reason, text, is_cut ? "..." : "") <
            0 &&
        r->error == 0) {
        r->error = -errno;
    }
}

int rejects_flush(struct rejects *r)
{
    if (fflush(r->file) != 0 && r->error == 0) {
        r->error = -errno;
    }
    return r->error;
}

int rejects_close(struct rejects *r)
{
    if (r == NULL) {
        return 0;
    }
    int err = rejects_flush(r);
    if (fclose(r->file) != 0 && err == 0) {
        err = -errno;
    }
    free(r);
    return err;
}
