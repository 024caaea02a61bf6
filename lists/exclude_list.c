// SPDX-License-Identifier: MIT
#include "lists/exclude_list.h"
#include "lists/name.h"
#include "lists/name_set.h"
#include "lists/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

struct exclude_list {
    struct name_set *names;    /* excluded themselves */
    struct name_set *suffixes; /* what is below them is excluded */
};

static void line_trim(struct text *line)
{
    while (line->len > 0 && (line->ptr[line->len - 1] == '\n' || line->ptr[line->len - 1] == '\r')) {
        line->len--;
    }
    for (size_t i = 0; i < line->len; i++) {
        if (line->ptr[i] == '#' && (i == 0 || text_is_blank((unsigned char)line->ptr[i - 1]))) {
            line->len = i;
        }
    }
    *line = text_trim(*line);
}

/* "*.de" excludes a whole top-level domain, so a single label is fine behind "*.". */
static enum name_result suffix_normalise(struct text t, char out[NAME_SIZE], size_t *len)
{
    char probe[NAME_SIZE + 2];
    enum name_result result = name_from_host(t.ptr, t.len, out, len);
    if (result != NAME_SINGLE_LABEL || t.len + 2 > sizeof(probe)) {
        return result;
    }
    memcpy(probe, "x.", 2);
    memcpy(probe + 2, t.ptr, t.len);
    result = name_from_host(probe, t.len + 2, out, len);
    if (result == NAME_OK) {
        *len -= 2;
        memmove(out, out + 2, *len + 1);
    }
    return result;
}

static int exclude_line(struct exclude_list *x, struct text line, enum name_result *why)
{
    char name[NAME_SIZE];
    size_t len;
    line_trim(&line);
    if (line.len == 0) {
        return 0;
    }
    bool is_suffix = line.len > 2 && line.ptr[0] == '*' && line.ptr[1] == '.';
    *why =
        is_suffix ? suffix_normalise(text_after(line, 2), name, &len) : name_from_text(line.ptr, line.len, name, &len);
    if (*why != NAME_OK) {
        return *why == NAME_NO_MEMORY ? -ENOMEM : -EINVAL;
    }
    int err = name_set_add(is_suffix ? x->suffixes : x->names, name, len);
    return err < 0 ? err : 0;
}

static int exclude_file(struct exclude_list *x, FILE *file, const char *path, char *error, size_t error_size)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int err = 0;
    errno = 0;
    for (unsigned long number = 1; err == 0 && (n = getline(&line, &size, file)) >= 0; number++) {
        enum name_result why = NAME_OK;
        struct text text = text_of(line, (size_t)n);
        if (number == 1 && text_equal(text_first(text, 3), TEXT("\xef\xbb\xbf"))) {
            text = text_after(text, 3);
        }
        err = exclude_line(x, text, &why);
        if (err == -EINVAL) {
            snprintf(error, error_size, "%s:%lu: %s: give a name, or *.name for all below it", path, number,
                     name_result_text(why));
        } else if (err < 0) {
            snprintf(error, error_size, "%s: %s", path, strerror(-err));
        }
    }
    /* Not ferror(): getline() that gets no memory leaves the stream as it is. */
    if (err == 0 && !feof(file)) {
        err = errno != 0 ? -errno : -EIO;
        snprintf(error, error_size, "%s: %s", path, strerror(-err));
    }
    free(line);
    return err;
}

int exclude_list_open(struct exclude_list **out, const char *path, char *error, size_t error_size)
{
    struct exclude_list *x = calloc(1, sizeof(*x));
    FILE *file = fopen(path, "rbe");
    int err = file == NULL ? -errno : 0;
    if (x != NULL) {
        x->names = name_set_new();
        x->suffixes = name_set_new();
    }
    if (err == 0 && (x == NULL || x->names == NULL || x->suffixes == NULL)) {
        err = -ENOMEM;
    }
    if (err < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(-err));
    } else {
        err = exclude_file(x, file, path, error, error_size);
    }
    if (file != NULL) {
        fclose(file);
    }
    if (err < 0) {
        exclude_list_close(x);
        return err;
    }
    *out = x;
    return 0;
}

void exclude_list_close(struct exclude_list *x)
{
    if (x != NULL) {
        name_set_free(x->names);
        name_set_free(x->suffixes);
    }
    free(x);
}

bool exclude_list_has(const struct exclude_list *x, const char *name, size_t len)
{
    if (x == NULL) {
        return false;
    }
    if (name_set_has(x->names, name, len)) {
        return true;
    }
    if (name_set_count(x->suffixes) == 0) {
        return false;
    }
    struct text rest = text_of(name, len);
    text_cut(&rest, '.');
    while (rest.len > 0) {
        if (name_set_has(x->suffixes, rest.ptr, rest.len)) {
            return true;
        }
        text_cut(&rest, '.');
    }
    return false;
}

size_t exclude_list_count(const struct exclude_list *x)
{
    return x == NULL ? 0 : name_set_count(x->names) + name_set_count(x->suffixes);
}
