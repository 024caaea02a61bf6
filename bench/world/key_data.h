// SPDX-License-Identifier: MIT
#pragma once

/*
 * Real public keys for DKIM records: RSA as SubjectPublicKeyInfo, Ed25519 as 32 raw bytes (RFC 8463 4), both in base64.
 * Ordered by type and size: KEYS_... say where each run begins.
 * Threads: constant data.
 */

#include <stddef.h>

struct key_sample {
    unsigned bits;
    const char *type;
    const char *base64;
};

enum {
    KEYS_RSA_512 = 0,
    KEYS_RSA_768 = 1,
    KEYS_RSA_1024 = 2,
    KEYS_RSA_2048 = 8,
    KEYS_RSA_4096 = 16,
    KEYS_ED25519 = 18,
    KEYS_COUNT = 20
};

extern const struct key_sample key_samples[];
extern const size_t key_sample_count;
