// SPDX-License-Identifier: MIT
#pragma once

/*
 * The tables of `trifecta diff`: classes, aspects, matrices old x new, tags, and the first names of each class.
 *
 * Threads: one at a time.  Memory: the sheet's; the forms are the caller's and live as long as the sheet.
 */

#include "scanner/results/difference.h"
#include "scanner/results/table.h"

enum { MATRIX_TITLE_SIZE = 32 };

struct diff_forms {
    struct table_form matrices[ASPECT_COUNT], lists[CHANGE_CLASS_COUNT];
    char matrix_titles[ASPECT_COUNT][MATRIX_SIZE][MATRIX_TITLE_SIZE];
};

void tables_diff(struct sheet *sheet, const struct difference *difference, struct diff_forms *forms);
