// SPDX-License-Identifier: MIT
#pragma once

/*
 * diff --change-metrics FILE: what changed, for Prometheus, as node_exporter's textfile collector reads it (metrics.h says
 * the rules). A file and an option of its own: that of the scan says other things and is replaced at other times.
 *
 * Threads: the main one.
 */

#include "scanner/results/difference.h"

/* Replaces the file at once; anybody may read it. 0 or a negative errno. */
MUST_USE int change_metrics_write(const struct difference *difference, const char *path);
