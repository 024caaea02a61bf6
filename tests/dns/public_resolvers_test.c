// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "scanner/dns/public_resolvers.h"

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage out = { 0 };
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)&out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)&out;
    if (strchr(text, ':')) {
        six->sin6_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, &six->sin6_addr), 1);
    } else {
        four->sin_family = AF_INET;
        four->sin_port = htons(5353);
        assert_int_equal(inet_pton(AF_INET, text, &four->sin_addr), 1);
    }
    return out;
}

static void operators_are_known_by_address(void **state)
{
    static const struct {
        const char *address, *operator;
    } cases[] = {
        { "1.1.1.1", "Cloudflare" },
        { "1.0.0.1", "Cloudflare" },
        { "1.1.1.3", "Cloudflare" },
        { "2606:4700:4700::1111", "Cloudflare" },
        { "2606:4700:4700::1001", "Cloudflare" },
        { "8.8.8.8", "Google" },
        { "8.8.4.4", "Google" },
        { "2001:4860:4860::8888", "Google" },
        { "2001:4860:4860::8844", "Google" },
        { "9.9.9.9", "Quad9" },
        { "9.9.9.10", "Quad9" },
        { "149.112.112.112", "Quad9" },
        { "2620:fe::fe", "Quad9" },
        { "2620:fe::9", "Quad9" },
        { "208.67.222.222", "OpenDNS" },
        { "208.67.220.220", "OpenDNS" },
        { "2620:119:35::35", "OpenDNS" },
        { "94.140.14.14", "AdGuard" },
        { "::ffff:8.8.8.8", "Google" },
        { "2001:4860:4860::64", "Google" },
        { "2001:4860:4860::6464", "Google" },
        { "2620:119:53::53", "OpenDNS" },
        { "2620:0:ccc::2", "OpenDNS" },
        { "2620:0:ccd::2", "OpenDNS" },
        { "2a10:50c0::ad1:ff", "AdGuard" },
        { "185.228.168.9", "CleanBrowsing" },
        { "2a0d:2a00:1::", "CleanBrowsing" },
        { "2a0d:2a00:2::2", "CleanBrowsing" },
        { "76.76.2.0", "Control D" },
        { "2606:1a40::1", "Control D" },
        { "2606:1a40:1::5", "Control D" },
        { "4.2.2.2", "Level 3" },
        { "64.6.64.6", "Verisign" },
        { "2620:74:1b::1:1", "Verisign" },
        { "2620:74:1c::2:2", "Verisign" },
        { "2001:1608:10:25::1c04:b12f", "DNS.WATCH" },
        { "2001:1608:10:25::9249:d69b", "DNS.WATCH" },
        { "2a02:6b8::feed:ff", "Yandex" },
        { "2a02:6b8:0:1::feed:ff", "Yandex" },
        { "2001:470:20::2", "Hurricane Electric" },
        { "86.54.11.100", "DNS4EU" },
        { "2a13:1001::86:54:11:100", "DNS4EU" },
        { "2a0f:fc80::1", "DNS0" },
        { "2a0f:fc81::1", "DNS0" },
        { "2400:3200::1", "Alibaba" },
        { "2400:3200:baba::1", "Alibaba" },
        { "2610:a1:1018::2", "Neustar" },
        { "2610:a1:1019::5", "Neustar" },
        { "127.0.0.1", NULL },
        { "192.0.2.53", NULL },
        { "8.8.8.9", NULL },
        { "1.1.1.8", NULL },
        { "::1", NULL },
        { "2001:4860:4860::1", NULL },
        { "::ffff:127.0.0.1", NULL },
        { "10.9.9.9", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sockaddr_storage address = address_of(cases[i].address);
        const char *got = public_resolver_operator(&address);
        if ((got == NULL) != (cases[i].operator== NULL) || (got && strcmp(got, cases[i].operator) != 0)) {
            fail_msg("%s: %s", cases[i].address, got ? got : "nobody's");
        }
    }
}

static void something_else_is_nobodys(void **state)
{
    struct sockaddr_storage local = { .ss_family = AF_UNIX };
    (void)state;
    assert_null(public_resolver_operator(&local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_known_by_address),
        cmocka_unit_test(something_else_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
