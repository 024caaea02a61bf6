// SPDX-License-Identifier: MIT
#include "scanner/sheet_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output/replace_file.h"
#include "scanner/exit_status.h"
#include "scanner/results/print.h"
#include "scanner/say.h"

enum { COLUMNS_DEFAULT = 100 };

enum sheet_format sheet_format_of(const char *path, enum sheet_format otherwise)
{
    static const struct {
        span suffix;
        enum sheet_format format;
    } suffixes[] = {
        { { ".html", 5 }, SHEET_HTML },
        { { ".htm", 4 }, SHEET_HTML },
        { { ".json", 5 }, SHEET_JSON },
        { { ".txt", 4 }, SHEET_TEXT },
    };
    span name = span_from_cstr(path);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (span_ends_with_nocase(name, suffixes[i].suffix)) {
            return suffixes[i].format;
        }
    }
    return strcmp(path, "-") == 0 && isatty(STDOUT_FILENO) ? SHEET_TEXT : otherwise;
}

/* Colour only on a terminal, never with NO_COLOR or TERM=dumb. */
static struct text_style find_style(bool is_stdout)
{
    const char *names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR"), *columns = getenv("COLUMNS"), *locale = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !(locale && locale[0]); i++) {
        locale = getenv(names[i]);
    }
    struct winsize window;
    bool is_terminal = is_stdout && isatty(STDOUT_FILENO);
    bool has_size = is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col >= 40;
    uint64_t wanted = COLUMNS_DEFAULT;
    bool is_wanted = columns && span_to_u64(span_from_cstr(columns), 10000, &wanted) && wanted >= 40;
    return (struct text_style){
        .is_coloured = is_terminal && !(no_colour && no_colour[0]) && !(term && strcmp(term, "dumb") == 0),
        .is_utf8 = locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8")),
        .columns = has_size    ? window.ws_col
                   : is_wanted ? (size_t)wanted
                               : COLUMNS_DEFAULT,
    };
}

static bool print_sheet(const struct sheet *sheet, enum sheet_format format, FILE *out, bool is_stdout)
{
    struct text_style style = find_style(is_stdout);
    switch (format) {
    case SHEET_JSON:
        return print_sheet_json(out, sheet);
    case SHEET_TEXT:
        print_sheet_text(out, sheet, &style);
        return true;
    default:
        print_sheet_html(out, sheet);
        return true;
    }
}

int sheet_write(const struct sheet *sheet, const char *path, enum sheet_format format)
{
    bool is_stdout = strcmp(path, "-") == 0;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool is_whole = out && print_sheet(sheet, format, out, is_stdout);
    if ((out && fclose(out) != 0) || !is_whole || sheet->is_short_of_memory) {
        free(text);
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    int err = 0;
    if (!is_stdout) {
        err = replace_file(path, text, len);
    } else if (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0) {
        err = errno == EPIPE ? 0 : -errno; /* `| head` is a normal end */
    }
    free(text);
    if (err < 0) {
        say("cannot write %s: %s", is_stdout ? "to stdout" : path, strerror(-err));
        return is_stdout || err == -ENOSPC || err == -EIO ? EXIT_WRITE_ERROR : EXIT_OUTPUT_IMPOSSIBLE;
    }
    return EXIT_DONE;
}
