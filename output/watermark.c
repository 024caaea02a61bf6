// SPDX-License-Identifier: MIT
#include "output/watermark.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, FIRST_WORDS = 64 };

static const uint64_t LOWEST_MAX = UINT64_C(1) << 62; /* far from where index arithmetic could wrap */

int watermark_init(struct watermark *watermark, uint64_t limit)
{
    uint64_t rounded = WORD_BITS;
    while (rounded < limit && rounded < WATERMARK_LIMIT_MAX) {
        rounded *= 2;
    }
    size_t count = rounded / WORD_BITS < FIRST_WORDS ? (size_t)(rounded / WORD_BITS) : FIRST_WORDS;
    uint64_t *words = calloc(count, sizeof(*words));
    if (words == NULL) {
        return -ENOMEM;
    }
    *watermark = (struct watermark){ .words = words, .word_count = count, .limit = rounded };
    return 0;
}

void watermark_deinit(struct watermark *watermark)
{
    free(watermark->words);
    *watermark = (struct watermark){ 0 };
}

static inline uint64_t *word_of(const struct watermark *watermark, uint64_t index)
{
    return &watermark->words[(index / WORD_BITS) & (watermark->word_count - 1)];
}

static inline uint64_t bit_of(uint64_t index)
{
    return UINT64_C(1) << (index % WORD_BITS);
}

/* How many words the ring needs so that the words of `lowest` and `index` don't meet. */
static uint64_t words_to(const struct watermark *watermark, uint64_t index)
{
    return index / WORD_BITS - watermark->lowest / WORD_BITS + 1;
}

/* Makes the ring at least `needed` words long; each word in use moves to its new place. */
static int grow(struct watermark *watermark, uint64_t needed)
{
    if (needed > watermark->limit / WORD_BITS) {
        return -ERANGE;
    }
    size_t count = watermark->word_count;
    while (count < needed) {
        count *= 2;
    }
    uint64_t *words = calloc(count, sizeof(*words));
    if (words == NULL) {
        return -ENOMEM;
    }
    uint64_t first = watermark->lowest / WORD_BITS;
    for (size_t i = 0; i < watermark->word_count; i++) {
        words[(first + i) & (count - 1)] = watermark->words[(first + i) & (watermark->word_count - 1)];
    }
    free(watermark->words);
    watermark->words = words;
    watermark->word_count = count;
    return 0;
}

/* Moves the watermark over what is written; words left behind are emptied for those that reuse their place. */
static void advance(struct watermark *watermark)
{
    uint64_t from = watermark->lowest;
    uint64_t *word = word_of(watermark, watermark->lowest);
    while (*word == UINT64_MAX) {
        *word = 0;
        watermark->lowest = (watermark->lowest / WORD_BITS + 1) * WORD_BITS;
        word = word_of(watermark, watermark->lowest);
    }
    while (*word & bit_of(watermark->lowest)) {
        watermark->lowest++;
    }
    watermark->above_count -= watermark->lowest - from;
}

int watermark_add(struct watermark *watermark, uint64_t index)
{
    if (watermark_has(watermark, index)) {
        return -EEXIST;
    }
    if (index >= LOWEST_MAX) {
        return -ERANGE;
    }
    uint64_t needed = words_to(watermark, index);
    if (needed > watermark->word_count) {
        int err = grow(watermark, needed);
        if (err < 0) {
            return err;
        }
    }
    *word_of(watermark, index) |= bit_of(index);
    watermark->above_count++;
    watermark->end = index >= watermark->end ? index + 1 : watermark->end;
    if (index == watermark->lowest) {
        advance(watermark);
    }
    return 0;
}

bool watermark_has(const struct watermark *watermark, uint64_t index)
{
    if (index < watermark->lowest) {
        return true;
    }
    return index < watermark->end && (*word_of(watermark, index) & bit_of(index)) != 0;
}

uint64_t watermark_count(const struct watermark *watermark)
{
    return watermark->lowest + watermark->above_count;
}

size_t watermark_bytes_len(const struct watermark *watermark)
{
    if (watermark->above_count == 0) {
        return 0;
    }
    return (size_t)((watermark->end - watermark->lowest + 7) / 8);
}

/* The 64 bits from `index` on: of two neighbours in the ring. */
static uint64_t bits_from(const struct watermark *watermark, uint64_t index)
{
    unsigned shift = index % WORD_BITS;
    uint64_t bits = *word_of(watermark, index) >> shift;
    if (shift > 0 && index / WORD_BITS < (watermark->end - 1) / WORD_BITS) {
        bits |= *word_of(watermark, index + WORD_BITS) << (WORD_BITS - shift);
    }
    return bits;
}

void watermark_print_bytes(const struct watermark *watermark, uint8_t *out)
{
    size_t len = watermark_bytes_len(watermark);
    for (size_t at = 0; at < len; at += 8) {
        uint64_t bits = bits_from(watermark, watermark->lowest + 8 * (uint64_t)at);
        for (size_t i = 0; i < 8 && at + i < len; i++) {
            out[at + i] = (uint8_t)(bits >> (8 * i));
        }
    }
}

int watermark_restore(struct watermark *watermark, uint64_t lowest, const uint8_t *bytes, size_t len)
{
    assert(watermark->end == 0 && watermark->lowest == 0);
    if (lowest > LOWEST_MAX || (len > 0 && ((bytes[0] & 1) != 0 || bytes[len - 1] == 0))) {
        return -EBADMSG;
    }
    if (len > watermark->limit / 8) {
        return -ERANGE;
    }
    watermark->lowest = lowest;
    if (len > 0) {
        uint64_t needed = words_to(watermark, lowest + 8 * (uint64_t)len - 1);
        int err = needed > watermark->word_count ? grow(watermark, needed) : 0;
        if (err < 0) {
            watermark->lowest = 0;
            return err;
        }
    }
    watermark->end = lowest;
    *word_of(watermark, lowest) = bit_of(lowest) - 1; /* those below, in the same word */
    for (size_t i = 0; i < 8 * len; i++) {
        if (bytes[i / 8] >> (i % 8) & 1) {
            *word_of(watermark, lowest + i) |= bit_of(lowest + i);
            watermark->above_count++;
            watermark->end = lowest + i + 1;
        }
    }
    return 0;
}
