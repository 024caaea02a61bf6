// SPDX-License-Identifier: MIT
#include "scanner/way_out.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#include "scanner/exit_status.h"

static atomic_bool was_told;

static void leave(int number)
{
    static const char words[] = "trifecta: stopped at once; the same command line goes on where the checkpoint stands\n";
    if (number == SIGALRM || atomic_exchange_explicit(&was_told, true, memory_order_relaxed)) {
        (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
        _exit(EXIT_STOPPED_EARLY);
    }
}

static void listen_for(int number)
{
    struct sigaction action = { .sa_handler = leave, .sa_flags = SA_RESTART }; /* the first one must not fail a write */
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void way_out_on_signals(bool was_signalled)
{
    atomic_store_explicit(&was_told, was_signalled, memory_order_relaxed);
    listen_for(SIGINT);
    listen_for(SIGTERM);
}

void way_out_within_ms(unsigned ms)
{
    struct itimerval timer = { .it_value = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 } };
    listen_for(SIGALRM);
    setitimer(ITIMER_REAL, &timer, NULL);
}
