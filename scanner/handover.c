// SPDX-License-Identifier: MIT
#include "scanner/handover.h"

#include <stdlib.h>

/*
 * The ring orders memory by instructions of its own, which ThreadSanitizer does not see. It is told of the order, and to
 * look away from the ring's own words, so that it finds what really is not ordered.
 */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static void look_away(void)
{
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static void look_again(void)
{
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

static bool enqueue(struct handover *handover, void *item)
{
    __tsan_release(item);
    look_away();
    bool fits = ck_ring_enqueue_spsc(&handover->ring, handover->buffer, item);
    look_again();
    return fits;
}

static bool dequeue(struct handover *handover, void **item)
{
    look_away();
    bool any = ck_ring_dequeue_spsc(&handover->ring, handover->buffer, item);
    look_again();
    if (any) {
        __tsan_acquire(*item);
    }
    return any;
}
#else
static bool enqueue(struct handover *handover, void *item)
{
    return ck_ring_enqueue_spsc(&handover->ring, handover->buffer, item);
}

static bool dequeue(struct handover *handover, void **item)
{
    return ck_ring_dequeue_spsc(&handover->ring, handover->buffer, item);
}
#endif

bool handover_init(struct handover *handover, size_t count)
{
    unsigned size = 4;
    while (size < count + 1) { /* a ring keeps one place free */
        size *= 2;
    }
    handover->buffer = calloc(size, sizeof(*handover->buffer));
    if (!handover->buffer) {
        return false;
    }
    ck_ring_init(&handover->ring, size);
    return true;
}

void handover_deinit(struct handover *handover)
{
    free(handover->buffer);
}

bool handover_give(struct handover *handover, void *item)
{
    return enqueue(handover, item);
}

void *handover_take(struct handover *handover)
{
    void *item = NULL;
    return dequeue(handover, &item) ? item : NULL;
}
