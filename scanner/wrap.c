// SPDX-License-Identifier: MIT
#include "scanner/wrap.h"

/* Bytes of the escape sequence that `text` begins with; 0: none. */
static size_t escape_len(span text)
{
    if (text.len < 2 || text.ptr[0] != '\033' || text.ptr[1] != '[') {
        return 0;
    }
    size_t len = 2;
    while (len < text.len && !ascii_is_alpha((unsigned char)text.ptr[len])) {
        len++;
    }
    return len < text.len ? len + 1 : len;
}

static size_t width_of(span text)
{
    size_t width = 0;
    while (text.len > 0) {
        size_t escape = escape_len(text);
        if (escape == 0) {
            width += ((unsigned char)text.ptr[0] & 0xc0) != 0x80;
            escape = 1;
        }
        text = span_after(text, escape);
    }
    return width;
}

/* Blanks and tree lines in front, in columns. */
static size_t leading_columns(span line)
{
    static const char lead[] = " |`-";
    size_t columns = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        bool is_box_drawing = c == 0xe2 || (c & 0xc0) == 0x80;
        if (!is_box_drawing && !memchr(lead, c, sizeof(lead) - 1)) {
            break;
        }
        columns += (c & 0xc0) != 0x80;
    }
    return columns;
}

/* "  DMARC    none": the label ends in at least two blanks at the column of texts. */
static bool has_label(span line)
{
    size_t column = 0, blanks = 0;
    while (line.len > 0 && column < WRAP_LABELS) {
        size_t escape = escape_len(line);
        if (escape == 0) {
            blanks = line.ptr[0] == ' ' ? blanks + 1 : 0;
            column++;
            escape = 1;
        }
        line = span_after(line, escape);
    }
    return column == WRAP_LABELS && blanks >= 2;
}

/* Where the text of a line begins, in columns. */
static size_t hanging_indent(span line)
{
    size_t leading = leading_columns(line);
    return leading == 2 && has_label(line) ? WRAP_LABELS : leading == 0 ? 2 : leading;
}

static void print_line(FILE *out, span line, size_t columns)
{
    size_t at = 0, indent = hanging_indent(line);
    bool is_begun = false; /* a word stands in this line of the screen */
    while (line.len > 0) {
        span word = span_cut(&line, ' ');
        size_t width = width_of(word);
        if (is_begun && at + 1 + width > columns && at > indent) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (is_begun) {
            fputc(' ', out);
            at++;
        }
        fwrite(word.ptr, 1, word.len, out);
        at += width;
        is_begun = true;
    }
    fputc('\n', out);
}

void wrap_print(FILE *out, span text, size_t columns)
{
    while (text.len > 0) {
        print_line(out, span_cut(&text, '\n'), columns);
    }
}
