// SPDX-License-Identifier: MIT
#pragma once

/*
 * The output of a scan and how far it is: opens the file, reads a checkpoint that stands beside it, says in words when it
 * is of another list or other options, and begins or goes on.
 *
 * Order: scan_output_open (locks; tells the seed of an unfinished run), then the lists are opened with that seed, then
 * scan_output_identify for each thing that must be the same, then scan_output_begin.
 *
 * Errors are said to the user; the exit status comes back.
 */

#include "lists/list.h"
#include "output/checkpoint.h"
#include "output/result_file.h"
#include "scanner/options.h"
#include "scanner/tally.h"

struct scan_output {
    const char *path;
    struct result_file *file;
    char *checkpoint_path;
    struct checkpoint checkpoint;  /* what this run is */
    struct checkpoint before;      /* what stood there */
    bool keeps_checkpoint;         /* false for a stream */
    bool is_resuming;
    bool is_incomplete;            /* something could not be noted: out of memory */
    struct watermark written;      /* the writer's */
    struct watermark skip;         /* what was written before this run: the loop's */
    struct tally already;
    struct effort spent;           /* by the processes before this one */
    char started_at[32];           /* of the first of them */
};

/* Does the name say what is to be written? A suffix that promises another format is refused. */
MUST_USE int scan_output_check_name(const char *path);

MUST_USE int scan_output_open(struct scan_output *output, const struct options *options);

/* True when an unfinished run stands there: its seed. */
bool scan_output_seed(const struct scan_output *output, uint64_t *seed);

/* Notes what must be the same when the run is taken up again. */
void scan_output_identify(struct scan_output *output, enum checkpoint_kind kind, const char *name, const char *format, ...)
    PRINTF_LIKE(4, 5);

MUST_USE int scan_output_begin(struct scan_output *output, uint64_t seed);

/*
 * DIR/manifest.json, when all parts are final and before the checkpoint goes; 0 for any other kind of output. The list
 * was read to its end. 0 or a negative errno.
 */
MUST_USE int scan_output_write_manifest(struct scan_output *output, const struct list *list, const struct options *options,
                                        const struct tally *tally);

void scan_output_close(struct scan_output *output);
