// SPDX-License-Identifier: MIT
#include "scanner/config_file.h"

#include "output/read_file.h"

static span without_comment(span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '#' && (i == 0 || ascii_is_blank((unsigned char)line.ptr[i - 1]))) {
            return span_first(line, i);
        }
    }
    return line;
}

static bool has_control_character(span line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

/* What is wrong with a line that has something on it; NULL: nothing. */
static const char *split(span line, span *key, span *value)
{
    if (line.len > CONFIG_LINE_MAX) {
        return "the line is too long";
    }
    if (has_control_character(line)) {
        return "a control character: this is no text file";
    }
    size_t equals = span_find(line, '=');
    if (equals == line.len) {
        return line.ptr[0] == '[' ? "there are no sections here, only lines of NAME = VALUE" : "a line is NAME = VALUE";
    }
    *key = span_trim(span_first(line, equals));
    *value = span_trim(span_after(line, equals + 1));
    return key->len == 0 ? "a line is NAME = VALUE" : NULL;
}

enum config_step config_next(struct config_reader *r, span *key, span *value, const char **why)
{
    if (r->line == 0 && span_starts_with(r->rest, SPAN("\xef\xbb\xbf"))) {
        r->rest = span_after(r->rest, 3);
    }
    while (r->rest.len > 0) {
        span line = span_cut(&r->rest, '\n');
        r->line++;
        if (span_ends_with(line, SPAN("\r"))) {
            line = span_first(line, line.len - 1);
        }
        line = span_trim(without_comment(line));
        if (line.len > 0) {
            *why = split(line, key, value);
            return *why ? CONFIG_BAD : CONFIG_ENTRY;
        }
    }
    return CONFIG_END;
}

int config_file_read(const char *path, char **text, size_t *len)
{
    return read_file(path, CONFIG_FILE_MAX, text, len);
}
