// SPDX-License-Identifier: MIT
#include "lists/resolver_list.h"
#include "lists/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

enum {
    DNS_PORT = 53,
    WORD_SIZE = 128,
};

void resolver_list_deinit(struct resolver_list *list)
{
    free(list->entries);
    *list = (struct resolver_list){ 0 };
}

/* False: longer than any word that means something here. */
static bool word_copy(char out[WORD_SIZE], struct text word)
{
    if (word.len == 0 || word.len >= WORD_SIZE || text_find(word, '\0') < word.len) {
        return false;
    }
    memcpy(out, word.ptr, word.len);
    out[word.len] = '\0';
    return true;
}

static bool parse_ipv4(struct text host, uint16_t port, struct resolver_entry *out)
{
    char word[WORD_SIZE];
    struct sockaddr_in *address = (struct sockaddr_in *)&out->address;
    if (!word_copy(word, host) || inet_pton(AF_INET, word, &address->sin_addr) != 1) {
        return false;
    }
    address->sin_family = AF_INET;
    address->sin_port = htons(port);
    out->address_len = sizeof(*address);
    return true;
}

static bool parse_ipv6(struct text host, uint16_t port, struct resolver_entry *out)
{
    char word[WORD_SIZE];
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&out->address;
    struct text ip = text_cut(&host, '%');
    if (!word_copy(word, ip) || inet_pton(AF_INET6, word, &address->sin6_addr) != 1) {
        return false;
    }
    if (host.len > 0) {
        uint64_t scope;
        if (!word_copy(word, host)) {
            return false;
        }
        address->sin6_scope_id = text_to_u64(host, UINT32_MAX, &scope) ? (uint32_t)scope : if_nametoindex(word);
        if (address->sin6_scope_id == 0) {
            return false;
        }
    }
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port);
    out->address_len = sizeof(*address);
    return true;
}

static void entry_print(struct resolver_entry *entry)
{
    char ip[INET6_ADDRSTRLEN];
    char scope[IF_NAMESIZE + 12] = "";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&entry->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&entry->address;
    bool is_v6 = entry->address.ss_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
    inet_ntop(entry->address.ss_family, is_v6 ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr, ip,
              sizeof(ip));
    if (is_v6 && v6->sin6_scope_id != 0) {
        snprintf(scope, sizeof(scope), "%%%u", v6->sin6_scope_id);
    }
    if (port == DNS_PORT) {
        snprintf(entry->text, sizeof(entry->text), "%s%s", ip, scope);
    } else {
        snprintf(entry->text, sizeof(entry->text), is_v6 ? "[%s%s]:%u" : "%s%s:%u", ip, scope, port);
    }
}

/* IP, IP:port, IPv6, [IPv6], [IPv6]:port. */
static bool parse_address(struct text word, struct resolver_entry *out)
{
    struct text host = word;
    struct text port_text = text_of(NULL, 0);
    bool has_port = false;
    uint64_t port = DNS_PORT;
    memset(&out->address, 0, sizeof(out->address));
    if (word.len > 0 && word.ptr[0] == '[') {
        struct text rest = text_after(word, 1);
        if (text_find(rest, ']') == rest.len) {
            return false;
        }
        host = text_cut(&rest, ']');
        has_port = rest.len > 0;
        if (has_port && rest.ptr[0] != ':') {
            return false;
        }
        port_text = text_after(rest, 1);
    } else if (text_find(word, ':') < word.len && text_find(word, ':') == text_find_last(word, ':')) {
        port_text = word;
        host = text_cut(&port_text, ':');
        has_port = true;
    }
    if (has_port && (!text_to_u64(port_text, 65535, &port) || port == 0)) {
        return false;
    }
    bool is_bracketed = word.len > 0 && word.ptr[0] == '[';
    if ((is_bracketed || !parse_ipv4(host, (uint16_t)port, out)) && !parse_ipv6(host, (uint16_t)port, out)) {
        return false;
    }
    entry_print(out);
    return true;
}

/* "100", "1.5k", "2M": a number above zero. */
static bool parse_rate(struct text t, double *out)
{
    static const char suffixes[] = "kMG";
    double scale = 1;
    if (t.len > 0) {
        const char *hit = memchr(suffixes, t.ptr[t.len - 1], sizeof(suffixes) - 1);
        for (ptrdiff_t i = 0; hit != NULL && i <= hit - suffixes; i++) {
            scale *= 1000;
        }
        t.len -= hit != NULL;
    }
    bool has_fraction = text_find(t, '.') < t.len;
    struct text fraction = t;
    struct text whole = text_cut(&fraction, '.');
    uint64_t units;
    uint64_t parts = 0;
    if (!text_to_u64(whole, 1000000000, &units) || fraction.len > 9 ||
        (has_fraction && !text_to_u64(fraction, UINT64_MAX, &parts))) {
        return false;
    }
    double value = (double)parts;
    for (size_t i = 0; i < fraction.len; i++) {
        value /= 10;
    }
    value = (value + (double)units) * scale;
    if (value <= 0) {
        return false;
    }
    *out = value;
    return true;
}

static bool parse_option(struct text word, struct resolver_entry *out)
{
    uint64_t number;
    struct text value = word;
    struct text name = text_cut(&value, '=');
    if (text_equal_nocase(name, TEXT("rate"))) {
        return parse_rate(value, &out->rate);
    }
    if (text_equal_nocase(name, TEXT("max-inflight")) && text_to_u64(value, UINT_MAX, &number) && number > 0) {
        out->max_inflight = (unsigned)number;
        return true;
    }
    return false;
}

static int list_put(struct resolver_list *list, const struct resolver_entry *entry)
{
    for (size_t i = 0; i < list->count; i++) {
        struct resolver_entry *old = &list->entries[i];
        if (strcmp(old->text, entry->text) == 0) {
            old->rate = entry->rate > 0 ? entry->rate : old->rate;
            old->max_inflight = entry->max_inflight > 0 ? entry->max_inflight : old->max_inflight;
            return 0;
        }
    }
    if (list->count == RESOLVER_LIST_MAX) {
        return -E2BIG;
    }
    if (list->entries == NULL) {
        list->entries = calloc(RESOLVER_LIST_MAX, sizeof(*list->entries));
        if (list->entries == NULL) {
            return -ENOMEM;
        }
    }
    list->entries[list->count++] = *entry;
    return 0;
}

/* A word from outside, safe on a terminal. */
static void word_show(struct text word, char out[WORD_SIZE])
{
    size_t len = word.len < WORD_SIZE - 1 ? word.len : WORD_SIZE - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        out[i] = (char)(c < ' ' || c >= 0x7f ? '?' : c);
    }
    out[len] = '\0';
}

/* One line or element. `where` stands before the error: "file:3" or "resolvers". */
static int line_add(struct resolver_list *list, struct text line, const char *where, char *error, size_t error_size)
{
    struct resolver_entry entry = { .rate = 0 };
    char shown[WORD_SIZE];
    line = text_first(line, text_find(line, '#'));
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) {
        line.len--;
    }
    struct text word = text_cut_word(&line);
    if (word.len == 0) {
        return 0;
    }
    if (!parse_address(word, &entry)) {
        word_show(word, shown);
        snprintf(error, error_size, "%s: \"%s\" is no resolver: give IP, IP:port or [IPv6]:port", where, shown);
        return -EINVAL;
    }
    while ((word = text_cut_word(&line)).len > 0) {
        if (!parse_option(word, &entry)) {
            word_show(word, shown);
            snprintf(error, error_size, "%s: \"%s\" is not understood: rate=N and max-inflight=N are", where, shown);
            return -EINVAL;
        }
    }
    int err = list_put(list, &entry);
    if (err < 0) {
        snprintf(error, error_size, "%s: %s", where, err == -E2BIG ? "too many resolvers" : strerror(-err));
    }
    return err;
}

typedef int line_fn(struct resolver_list *list, struct text line, const char *where, char *error, size_t error_size);

static int file_add(struct resolver_list *list, const char *path, line_fn *on_line, char *error, size_t error_size)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int err = 0;
    char where[512];
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        err = -errno;
        snprintf(error, error_size, "%s: %s", path, strerror(-err));
        return err;
    }
    errno = 0;
    for (unsigned long number = 1; err == 0 && (n = getline(&line, &size, file)) >= 0; number++) {
        struct text text = text_of(line, (size_t)n);
        if (number == 1 && text_equal(text_first(text, 3), TEXT("\xef\xbb\xbf"))) {
            text = text_after(text, 3);
        }
        snprintf(where, sizeof(where), "%s:%lu", path, number);
        err = on_line(list, text, where, error, error_size);
    }
    /* Not ferror(): getline() that gets no memory leaves the stream as it is. */
    if (err == 0 && !feof(file)) {
        err = errno != 0 ? -errno : -EIO;
        snprintf(error, error_size, "%s: %s", path, strerror(-err));
    }
    free(line);
    fclose(file);
    return err;
}

static int commas_add(struct resolver_list *list, struct text what, char *error, size_t error_size)
{
    int err = 0;
    while (err == 0 && what.len > 0) {
        err = line_add(list, text_cut(&what, ','), "resolvers", error, error_size);
    }
    return err;
}

static bool is_comma_list(struct text what)
{
    struct resolver_entry entry;
    struct text first = text_cut(&what, ',');
    return parse_address(text_cut_word(&first), &entry);
}

/* A copy, so that a failure halfway leaves the list as it was. */
static int list_copy(struct resolver_list *to, const struct resolver_list *from)
{
    for (size_t i = 0; i < from->count; i++) {
        int err = list_put(to, &from->entries[i]);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static void list_keep(struct resolver_list *list, struct resolver_list *copy, int err)
{
    if (err < 0) {
        resolver_list_deinit(copy);
    } else {
        resolver_list_deinit(list);
        *list = *copy;
    }
}

int resolver_list_add(struct resolver_list *list, const char *what, char *error, size_t error_size)
{
    struct resolver_list copy = { 0 };
    int err = list_copy(&copy, list);
    if (err < 0) {
        snprintf(error, error_size, "%s", strerror(-err));
    } else if (is_comma_list(text_from_cstr(what))) {
        err = commas_add(&copy, text_from_cstr(what), error, error_size);
    } else {
        size_t before = copy.count;
        err = file_add(&copy, what, line_add, error, error_size);
        if (err == -ENOENT) {
            snprintf(error, error_size, "%s: neither an IP address nor a file", what[0] != '\0' ? what : "''");
        } else if (err == 0 && copy.count == before && before == 0) {
            snprintf(error, error_size, "%s: no resolver in it", what);
            err = -EINVAL;
        }
    }
    list_keep(list, &copy, err);
    return err;
}

static int resolv_conf_line(struct resolver_list *list, struct text line, const char *where, char *error,
                            size_t error_size)
{
    struct resolver_entry entry = { .rate = 0 };
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) {
        line.len--;
    }
    if (!text_equal(text_cut_word(&line), TEXT("nameserver"))) {
        return 0;
    }
    /* As the C library does: what it cannot read it passes over. */
    if (!parse_address(text_cut_word(&line), &entry)) {
        return 0;
    }
    int err = list_put(list, &entry);
    if (err < 0) {
        snprintf(error, error_size, "%s: %s", where, strerror(-err));
    }
    return err;
}

int resolver_list_add_system(struct resolver_list *list, const char *path, char *error, size_t error_size)
{
    struct resolver_list copy = { 0 };
    path = path != NULL ? path : "/etc/resolv.conf";
    int err = list_copy(&copy, list);
    if (err < 0) {
        snprintf(error, error_size, "%s", strerror(-err));
    } else {
        err = file_add(&copy, path, resolv_conf_line, error, error_size);
    }
    if (err == 0 && copy.count == 0) {
        snprintf(error, error_size, "%s: no nameserver line in it: give resolvers with -r", path);
        err = -ENOENT;
    }
    list_keep(list, &copy, err);
    return err;
}
