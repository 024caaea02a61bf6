// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/resolver_list.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/trifecta-resolvers-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static const char *file_of(const char *text)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/list", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The entries as "text rate/max-inflight|". */
static void print_list(const struct resolver_list *list, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct resolver_entry *e = &list->entries[i];
        used += (size_t)snprintf(out + used, size - used, "%s %g/%u|", e->text, e->rate, e->max_inflight);
    }
}

static void elements_of_a_comma_list(void **state)
{
    (void)state;
    static const struct {
        const char *what, *expected; /* NULL: refused */
    } rows[] = {
        { "192.0.2.1", "192.0.2.1 0/0|" },
        { "192.0.2.1:5353", "192.0.2.1:5353 0/0|" },
        { "192.0.2.1:53", "192.0.2.1 0/0|" },
        { "2001:DB8::1", "2001:db8::1 0/0|" },
        { "[2001:db8::1]", "2001:db8::1 0/0|" },
        { "[2001:db8::1]:5353", "[2001:db8::1]:5353 0/0|" },
        { "fe80::1%1", "fe80::1%1 0/0|" },
        { "192.0.2.1, 192.0.2.2 ,192.0.2.3:1", "192.0.2.1 0/0|192.0.2.2 0/0|192.0.2.3:1 0/0|" },
        { "192.0.2.1 rate=100 max-inflight=7,192.0.2.2 rate=1.5k", "192.0.2.1 100/7|192.0.2.2 1500/0|" },
        { "192.0.2.1,192.0.2.1:53", "192.0.2.1 0/0|" },
        { "192.0.2.1,192.0.2.1 rate=0.5", "192.0.2.1 0.5/0|" },
        { "192.0.2.1,", "192.0.2.1 0/0|" },
        { "192.0.2.1,dns.example", NULL },
        { "192.0.2.1,[192.0.2.2]", NULL },
        { "192.0.2.1,192.0.2.2:0", NULL },
        { "192.0.2.1,192.0.2.2:65536", NULL },
        { "192.0.2.1,192.0.2.2:", NULL },
        { "192.0.2.1,[2001:db8::1", NULL },
        { "192.0.2.1,[2001:db8::1]x", NULL },
        { "192.0.2.1 rate=0", NULL },
        { "192.0.2.1 rate=", NULL },
        { "192.0.2.1 rate=1.", NULL },
        { "192.0.2.1 rate=-1", NULL },
        { "192.0.2.1 max-inflight=0", NULL },
        { "192.0.2.1 speed=1", NULL },
        { "192.0.2.1 trusted", NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct resolver_list list = { 0 };
        char error[512] = "";
        char out[512];
        int err = resolver_list_add(&list, rows[i].what, error, sizeof(error));
        print_list(&list, out, sizeof(out));
        if (err != (rows[i].expected == NULL ? -EINVAL : 0)) {
            print_error("%s: %d %s\n", rows[i].what, err, error);
        }
        assert_int_equal(err, rows[i].expected == NULL ? -EINVAL : 0);
        assert_string_equal(out, rows[i].expected == NULL ? "" : rows[i].expected);
        resolver_list_deinit(&list);
    }
}

static void addresses_are_ready_to_connect(void **state)
{
    (void)state;
    struct resolver_list list = { 0 };
    char error[512];
    assert_int_equal(resolver_list_add(&list, "127.0.0.1:5300,[::1]:5301", error, sizeof(error)), 0);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&list.entries[0].address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&list.entries[1].address;
    assert_int_equal(list.entries[0].address_len, sizeof(*v4));
    assert_int_equal(v4->sin_family, AF_INET);
    assert_int_equal(ntohs(v4->sin_port), 5300);
    assert_int_equal(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
    assert_int_equal(list.entries[1].address_len, sizeof(*v6));
    assert_int_equal(ntohs(v6->sin6_port), 5301);
    assert_true(IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr));
    resolver_list_deinit(&list);
}

static void files(void **state)
{
    (void)state;
    struct resolver_list list = { 0 };
    char error[512];
    char expected[512];
    char out[512];
    const char *path = file_of("# ours\r\n192.0.2.1 rate=10 # fast\r\n\n[2001:db8::1]:5353\tmax-inflight=9\n");
    assert_int_equal(resolver_list_add(&list, path, error, sizeof(error)), 0);
    assert_int_equal(resolver_list_add(&list, "192.0.2.9", error, sizeof(error)), 0);
    print_list(&list, out, sizeof(out));
    assert_string_equal(out, "192.0.2.1 10/0|[2001:db8::1]:5353 0/9|192.0.2.9 0/0|");
    /* A failure names the line and leaves the list as it was. */
    path = file_of("192.0.2.77\nresolver\x1b.example\n");
    assert_int_equal(resolver_list_add(&list, path, error, sizeof(error)), -EINVAL);
    snprintf(expected, sizeof(expected), "%s:2: \"resolver?.example\" is no resolver: give IP, IP:port or [IPv6]:port",
             path);
    assert_string_equal(error, expected);
    assert_int_equal(list.count, 3);
    resolver_list_deinit(&list);
    assert_int_equal(resolver_list_add(&list, file_of("# nobody\n"), error, sizeof(error)), -EINVAL);
    assert_int_equal(resolver_list_add(&list, "/nowhere/resolvers", error, sizeof(error)), -ENOENT);
    assert_string_equal(error, "/nowhere/resolvers: neither an IP address nor a file");
    assert_int_equal(resolver_list_add(&list, folder, error, sizeof(error)), -EISDIR);
    resolver_list_deinit(&list);
}

static void resolv_conf(void **state)
{
    (void)state;
    struct resolver_list list = { 0 };
    char error[512];
    char out[512];
    const char *path = file_of("search example\nnameserver 192.0.2.53\nnameserver fe80::53%1 # x\n"
                               "nameserver rubbish\noptions ndots:1\n#nameserver 192.0.2.1\n");
    assert_int_equal(resolver_list_add_system(&list, path, error, sizeof(error)), 0);
    print_list(&list, out, sizeof(out));
    assert_string_equal(out, "192.0.2.53 0/0|fe80::53%1 0/0|");
    resolver_list_deinit(&list);
    assert_int_equal(resolver_list_add_system(&list, file_of("search x\n"), error, sizeof(error)), -ENOENT);
    resolver_list_deinit(&list);
}

static void many_are_too_many(void **state)
{
    (void)state;
    struct resolver_list list = { 0 };
    char error[512];
    char *text = malloc((RESOLVER_LIST_MAX + 1) * 20);
    size_t used = 0;
    assert_non_null(text);
    for (int i = 0; i <= RESOLVER_LIST_MAX; i++) {
        used += (size_t)sprintf(text + used, "10.0.%d.%d\n", i / 256, i % 256);
    }
    assert_int_equal(resolver_list_add(&list, file_of(text), error, sizeof(error)), -E2BIG);
    assert_int_equal(list.count, 0);
    free(text);
    resolver_list_deinit(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_of_a_comma_list),
        cmocka_unit_test(addresses_are_ready_to_connect),
        cmocka_unit_test(files),
        cmocka_unit_test(resolv_conf),
        cmocka_unit_test(many_are_too_many),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
