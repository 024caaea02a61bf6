// SPDX-License-Identifier: MIT
#pragma once

/*
 * JSON Schema (draft 2020-12), as much of it as our schema files use: type, const, enum, pattern, minimum, maximum,
 * required, properties, additionalProperties, items, anyOf, $ref into #/$defs. A keyword it does not know is a complaint.
 */

#include "tests/support/json_reader.h"

enum { SCHEMA_COMPLAINT_SIZE = 512 };

/* False: complaint[] says where in the value, and why. */
bool schema_holds(const struct json_value *schema, const struct json_value *value, char complaint[SCHEMA_COMPLAINT_SIZE]);

/* The members of each object stand in the order of the schema's properties. */
bool schema_orders(const struct json_value *schema, const struct json_value *value, char complaint[SCHEMA_COMPLAINT_SIZE]);
