# SPDX-License-Identifier: MIT
# awk -v n=50000 -f bench/zone.awk: a zone "bench." of n domains for NSD, with about the mix of records that real lists
# show (SPF on six in ten, DMARC on one in two, a DKIM namespace on one in four), and real key material.
# Targets are shared, as they are in the world.
BEGIN {
    key = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnq5LiFSUL8dK1iPzPtSBAgTtJB4TyHEM+cVXpmIFQaDnnbBBZBaiLP4NzFpCYyn5"
    key2 = "JPhMzhDTFxwiYhHTsGnvbVsvZ9kJCuP1RqOLKfs4lNDbxdNKWqFxhFA3zMFnE3NgD4SMqgEkhLDmRzdXmNqhcvTM0nkJkmSz8AvLHN8AQq8CAwEAAQ=="
    print "$ORIGIN bench."
    print "$TTL 3600"
    print "@ SOA ns hostmaster 1 3600 600 86400 300"
    print "@ NS ns"
    print "ns A 127.0.0.1"
    for (i = 0; i < 40; i++) {
        printf "spf%d.provider%d TXT \"v=spf1 ip4:192.0.%d.0/24 ip4:198.51.%d.0/25 ip6:2001:db8:%x::/48%s ~all\"\n", i, i, i, i, i, \
            i % 4 == 0 ? " include:spf" (i + 1) ".provider" (i + 1) ".bench" : ""
        printf "mx%d.provider%d A 192.0.2.%d\n", i, i, i + 1
    }
    srand(7)
    for (i = 0; i < n; i++) {
        d = sprintf("d%07d", i)
        p = int(rand() * rand() * 40)
        if (rand() < 0.8) printf "%s MX 10 mx%d.provider%d\n%s MX 20 mx%d.provider%d\n", d, p, p, d, (p + 1) % 40, (p + 1) % 40
        else printf "%s A 192.0.2.7\n", d
        if (rand() < 0.6) printf "%s TXT \"v=spf1 ip4:203.0.113.%d include:spf%d.provider%d.bench %s\"\n", d, i % 256, p, p, rand() < 0.5 ? "-all" : "~all"
        if (rand() < 0.5) printf "%s TXT \"google-site-verification=%s%d\"\n", d, d, i
        if (rand() < 0.5) printf "_dmarc.%s TXT \"v=DMARC1; p=%s; rua=mailto:dmarc@%s.bench\"\n", d, rand() < 0.4 ? "none" : "reject", d
        if (rand() < 0.25) {
            s = rand() < 0.5 ? "google" : "selector1"
            printf "%s._domainkey.%s TXT ( \"v=DKIM1; k=rsa; p=%s\" \"%s\" )\n", s, d, key, key2
        }
    }
}
