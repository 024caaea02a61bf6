// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/list_thread.h"

enum { NAMES = 30000, TAKERS = 3 };

static char path[] = "/tmp/list_thread_XXXXXX";

static int write_list(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    for (int i = 0; file && i < NAMES; i++) {
        fprintf(file, "n%d.example\n", i);
    }
    return file ? fclose(file) : -1;
}

static int remove_list(void **state)
{
    (void)state;
    return unlink(path);
}

static struct list *open_list(void)
{
    static const char *paths[] = { path };
    struct list *list = NULL;
    char error[LIST_ERROR_SIZE];
    assert_int_equal(list_open(&list, &(struct list_options){ .paths = paths, .path_count = 1 }, error, sizeof(error)), 0);
    return list;
}

static uint64_t number_of(span name)
{
    uint64_t number = 0;
    assert_true(span_to_u64(span_first(span_after(name, 1), span_find(name, '.') - 1), NAMES, &number));
    return number;
}

/* Uneven: the last taker gets most of them, and none of some blocks is the first one's. */
static size_t taker_of(void *owner, span name)
{
    (void)owner;
    uint64_t number = number_of(name);
    return number % 7 == 0 && number < NAMES / 2 ? 0 : number % 5 == 0 ? 1 : 2;
}

static void on_block(void *owner)
{
    (void)owner;
}

struct taker_run {
    struct list_thread *thread;
    size_t number;
    uint64_t taken, wrong;
    uint8_t *seen;
};

static void *take_all(void *arg)
{
    struct taker_run *run = arg;
    const struct list_entry *e;
    uint64_t index;
    enum list_take took;
    while ((took = list_thread_take(run->thread, run->number, &e, &index)) == LIST_TAKEN || took == LIST_NOT_YET) {
        if (took == LIST_NOT_YET) {
            sched_yield();
            continue;
        }
        span name = span_of(e->name, e->name_len);
        run->taken++;
        run->wrong += number_of(name) != index || taker_of(NULL, name) != run->number;
        run->seen[index]++;
    }
    run->wrong += took != LIST_ENDED;
    return NULL;
}

/* In list order an entry's index is its line: whoever takes it, it is the list's. */
static void each_name_goes_to_its_taker_once(void **state)
{
    (void)state;
    struct list *list = open_list();
    struct list_thread *thread = NULL;
    assert_int_equal(list_thread_start(&thread, &(struct list_thread_options){
        .list = list, .takers = TAKERS, .taker_of = taker_of, .on_block = on_block,
    }), 0);
    uint8_t *seen = calloc(NAMES, 1);
    struct taker_run runs[TAKERS];
    pthread_t threads[TAKERS];
    for (size_t i = 0; i < TAKERS; i++) {
        runs[i] = (struct taker_run){ .thread = thread, .number = i, .seen = seen };
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &runs[i]), 0);
    }
    uint64_t taken = 0;
    for (size_t i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(runs[i].wrong, 0);
        assert_true(runs[i].taken > 0);
        taken += runs[i].taken;
    }
    assert_int_equal(taken, NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        assert_int_equal(seen[i], 1);
    }
    assert_int_equal(list_thread_get_progress(thread).names, NAMES);
    assert_true(list_thread_get_progress(thread).has_ended);
    list_thread_stop(thread);
    free(seen);
    list_close(list);
}

/* A taker that takes nothing holds the thread up at the blocks there are, and stopping does not wait for him. */
static void a_taker_behind_stops_the_reading(void **state)
{
    (void)state;
    struct list *list = open_list();
    struct list_thread *thread = NULL;
    assert_int_equal(list_thread_start(&thread, &(struct list_thread_options){
        .list = list, .takers = TAKERS, .taker_of = taker_of, .on_block = on_block,
    }), 0);
    const struct list_entry *e;
    uint64_t index, taken = 0;
    enum list_take took;
    while ((took = list_thread_take(thread, 2, &e, &index)) == LIST_TAKEN || taken == 0 ||
           list_thread_get_progress(thread).names < (uint64_t)LIST_BLOCKS * LIST_BLOCK_ENTRIES) {
        taken += took == LIST_TAKEN;
    }
    assert_int_equal(took, LIST_NOT_YET);
    assert_int_equal(list_thread_get_progress(thread).names, (uint64_t)LIST_BLOCKS * LIST_BLOCK_ENTRIES);
    list_thread_halt(thread);
    struct list_progress halted = list_thread_get_progress(thread);
    assert_false(halted.has_ended); /* what was read is not all there is */
    assert_true(halted.names < NAMES);
    list_thread_stop(thread);
    list_close(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_goes_to_its_taker_once),
        cmocka_unit_test(a_taker_behind_stops_the_reading),
    };
    return cmocka_run_group_tests(tests, write_list, remove_list);
}
