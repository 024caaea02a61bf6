// SPDX-License-Identifier: MIT

/*
 * `trifecta merge`: joins the shards of a scan, or the parts of one, after their manifests have shown that they are one
 * complete set: the same lists, seed, options and version, each shard once, and no name missing. Then every part is read,
 * held against the hash and the count its manifest gives, and written again.
 *
 * Nothing is there under the name of the output before all of it is: until then a checkpoint stands with it, so that a
 * merge that was killed is not taken for a result. The same command begins again.
 *
 * Exit status: 75 when a shard is missing or not finished (come again later), 65 when they do not belong together or a
 * part is not what its manifest says.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "output/manifest.h"
#include "output/result_reader.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/results/manifest_view.h"
#include "scanner/say.h"
#include "scanner/scan_output.h"

struct source {
    const char *folder; /* as given */
    struct manifest_view manifest;
};

struct merge {
    struct source *sources;
    size_t count;
    struct scan_output output;
    uint64_t records, unknown, names, duplicates;
};
