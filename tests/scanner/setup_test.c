// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "scanner/exit_status.h"
#include "scanner/setup.h"

/* The rates of the resolvers that `what` and --resolver-rate give. */
static void read_resolvers(struct setup *setup, const char *what, double resolver_rate)
{
    struct options options = { .resolver_rate = resolver_rate, .resolvers = { .items = { what }, .count = 1 } };
    *setup = (struct setup){ 0 };
    assert_int_equal(setup_read_resolvers(setup, &options), EXIT_DONE);
}

static void a_public_resolver_is_asked_gently_unless_somebody_says_more(void **state)
{
    static const struct {
        const char *resolver;
        double resolver_rate, expected; /* 0: as --resolver-rate says, or without a cap */
    } cases[] = {
        { "9.9.9.9", 0, 1000 },   { "8.8.8.8:53", 0, 1000 }, { "[2606:4700:4700::1111]:53", 0, 1000 },
        { "1.1.1.1", 5000, 0 },   { "127.0.0.1", 0, 0 },     { "192.0.2.1:5353", 0, 0 },
        { "192.0.2.1", 5000, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setup setup;
        read_resolvers(&setup, cases[i].resolver, cases[i].resolver_rate);
        assert_int_equal(setup.resolver_list.count, 1);
        if (setup.resolvers[0].rate < cases[i].expected || setup.resolvers[0].rate > cases[i].expected) {
            fail_msg("%s with --resolver-rate %g: %g", cases[i].resolver, cases[i].resolver_rate,
                     setup.resolvers[0].rate);
        }
        setup_close(&setup);
    }
}

static void the_lists_own_rate_is_taken(void **state)
{
    char path[] = "/tmp/setup_test.XXXXXX";
    int fd = mkstemp(path);
    struct setup setup;
    (void)state;
    assert_true(fd >= 0);
    static const char text[] = "1.1.1.1 rate=3k\n8.8.8.8\n192.0.2.1 rate=7\n";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    read_resolvers(&setup, path, 0);
    assert_int_equal(setup.resolver_list.count, 3);
    assert_int_equal((int)setup.resolvers[0].rate, 3000);
    assert_int_equal((int)setup.resolvers[1].rate, 1000);
    assert_int_equal((int)setup.resolvers[2].rate, 7);
    setup_close(&setup);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_resolver_is_asked_gently_unless_somebody_says_more),
        cmocka_unit_test(the_lists_own_rate_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
