// SPDX-License-Identifier: MIT
#include "scanner/dns/public_resolvers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Networks where an operator answers on a row of addresses, else single addresses (/32, /128). */
static const struct {
    const char *operator, * network;
    int bits;
} networks[] = {
    { "Cloudflare", "1.1.1.0", 29 }, /* .1, .2 (malware), .3 (families) */
    { "Cloudflare", "1.0.0.0", 29 },
    { "Cloudflare", "2606:4700:4700::", 64 },
    { "Google", "8.8.8.8", 32 },
    { "Google", "8.8.4.4", 32 },
    { "Google", "2001:4860:4860::8888", 128 },
    { "Google", "2001:4860:4860::8844", 128 },
    { "Google", "2001:4860:4860::64", 128 }, /* DNS64 */
    { "Google", "2001:4860:4860::6464", 128 },
    { "Quad9", "9.9.9.0", 24 }, /* .9, .10, .11, .12 */
    { "Quad9", "149.112.112.0", 24 },
    { "Quad9", "2620:fe::", 48 },
    { "OpenDNS", "208.67.220.0", 24 }, /* .220, .222, .123 (FamilyShield), .2 */
    { "OpenDNS", "208.67.222.0", 24 },
    { "OpenDNS", "2620:119:35::", 64 },
    { "OpenDNS", "2620:119:53::", 64 },
    { "OpenDNS", "2620:0:ccc::", 64 },
    { "OpenDNS", "2620:0:ccd::", 64 },
    { "AdGuard", "94.140.14.0", 24 },
    { "AdGuard", "94.140.15.0", 24 },
    { "AdGuard", "2a10:50c0::", 64 },
    { "CleanBrowsing", "185.228.168.0", 24 },
    { "CleanBrowsing", "185.228.169.0", 24 },
    { "CleanBrowsing", "2a0d:2a00:1::", 64 },
    { "CleanBrowsing", "2a0d:2a00:2::", 64 },
    { "Control D", "76.76.2.0", 24 },
    { "Control D", "76.76.10.0", 24 },
    { "Control D", "2606:1a40::", 64 },
    { "Control D", "2606:1a40:1::", 64 },
    { "Level 3", "4.2.2.0", 29 },
    { "Level 3", "209.244.0.3", 32 },
    { "Level 3", "209.244.0.4", 32 },
    { "Verisign", "64.6.64.6", 32 },
    { "Verisign", "64.6.65.6", 32 },
    { "Verisign", "2620:74:1b::1:1", 128 },
    { "Verisign", "2620:74:1c::2:2", 128 },
    { "Comodo", "8.26.56.26", 32 },
    { "Comodo", "8.20.247.20", 32 },
    { "DNS.WATCH", "84.200.69.80", 32 },
    { "DNS.WATCH", "84.200.70.40", 32 },
    { "DNS.WATCH", "2001:1608:10:25::1c04:b12f", 128 },
    { "DNS.WATCH", "2001:1608:10:25::9249:d69b", 128 },
    { "Yandex", "77.88.8.0", 24 },
    { "Yandex", "2a02:6b8::feed:ff", 128 },
    { "Yandex", "2a02:6b8:0:1::feed:ff", 128 },
    { "Hurricane Electric", "74.82.42.42", 32 },
    { "Hurricane Electric", "2001:470:20::2", 128 },
    { "DNS4EU", "86.54.11.0", 24 },
    { "DNS4EU", "2a13:1001::86:54:11:0", 112 },
    { "DNS0", "193.110.81.0", 24 },
    { "DNS0", "185.253.5.0", 24 },
    { "DNS0", "2a0f:fc80::", 48 },
    { "DNS0", "2a0f:fc81::", 48 },
    { "Alibaba", "223.5.5.5", 32 },
    { "Alibaba", "223.6.6.6", 32 },
    { "Alibaba", "2400:3200::1", 128 },
    { "Alibaba", "2400:3200:baba::1", 128 },
    { "DNSPod", "119.29.29.29", 32 },
    { "114DNS", "114.114.114.0", 24 },
    { "114DNS", "114.114.115.0", 24 },
    { "Neustar", "156.154.70.0", 24 },
    { "Neustar", "156.154.71.0", 24 },
    { "Neustar", "2610:a1:1018::", 64 },
    { "Neustar", "2610:a1:1019::", 64 },
};

static bool shares_bits(const uint8_t *a, const uint8_t *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, (size_t)whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static const char *find(int family, const uint8_t *address)
{
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        uint8_t network[16];
        if (inet_pton(family, networks[i].network, network) == 1 && shares_bits(address, network, networks[i].bits)) {
            return networks[i].operator;
        }
    }
    return NULL;
}

const char *public_resolver_operator(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        return find(AF_INET, (const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    }
    if (address->ss_family != AF_INET6) {
        return NULL;
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_V4MAPPED(six) ? find(AF_INET, six->s6_addr + 12) : find(AF_INET6, six->s6_addr);
}
