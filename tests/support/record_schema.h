// SPDX-License-Identifier: MIT
#pragma once

/*
 * What holds for every record of schema 1: all keys there, in order, of their types; and the sentences that tie the
 * keys of one record to each other. Written from the record's description alone.
 */

#include "tests/support/json_reader.h"

enum { RECORD_COMPLAINT_SIZE = 512 };

/* False: complaint[] says where and why. `is_full`: of --records full. */
bool record_is_well_formed(const struct json_value *record, bool is_full, char complaint[RECORD_COMPLAINT_SIZE]);
