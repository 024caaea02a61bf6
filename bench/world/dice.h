// SPDX-License-Identifier: MIT
#pragma once

/*
 * Choices that follow from a key: the same key and salt always give the same choice, so the world needs no memory.
 *
 * A key is the hash of a name mixed with the seed; a salt names the question ("has it MX?"). Shares are in parts per
 * million. Threads: any; pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint64_t dice_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t dice_roll(uint64_t key, uint32_t salt)
{
    return dice_mix(key ^ ((uint64_t)salt * 0xd6e8feb86659fd93u));
}

/* 0 <= result < n, for n > 0. */
static inline uint32_t dice_below(uint64_t key, uint32_t salt, uint32_t n)
{
    return (uint32_t)(((dice_roll(key, salt) >> 32) * n) >> 32);
}

static inline bool dice_chance(uint64_t key, uint32_t salt, uint32_t ppm)
{
    return dice_below(key, salt, 1000000) < ppm;
}

/* One of `count` weighted rows; the weights need not add up to anything. */
static inline size_t dice_pick(uint64_t key, uint32_t salt, const uint32_t *weights, size_t count)
{
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += weights[i];
    }
    uint32_t at = dice_below(key, salt, total > 0 ? total : 1);
    for (size_t i = 0; i < count; i++) {
        if (at < weights[i]) {
            return i;
        }
        at -= weights[i];
    }
    return 0;
}
