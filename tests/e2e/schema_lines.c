// SPDX-License-Identifier: MIT

/*
 * schema_lines [--full] <RECORDS: every line is strict JSON, holds under docs/record.schema.json with its keys in
 * order, and its keys agree with each other. Says which lines do not; exit status 1 then.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/record_schema.h"
#include "tests/support/schema_check.h"

enum { SCHEMA_SIZE = 1 << 20 };

static const char *complaint_about(const struct json_value *schema, const struct json_value *record, bool is_full)
{
    static char complaint[RECORD_COMPLAINT_SIZE + SCHEMA_COMPLAINT_SIZE];
    bool is_good = schema_holds(schema, record, complaint) && schema_orders(schema, record, complaint) &&
                   record_is_well_formed(record, is_full, complaint);
    return is_good ? NULL : complaint;
}

int main(int argc, char **argv)
{
    static char text[SCHEMA_SIZE];
    bool is_full = argc > 1 && strcmp(argv[1], "--full") == 0;
    FILE *file = fopen("docs/record.schema.json", "rbe");
    struct json_document schema = { 0 };
    if (file) {
        schema = json_read(span_of(text, fread(text, 1, sizeof(text), file)));
        fclose(file);
    }
    if (!schema.root) {
        fprintf(stderr, "docs/record.schema.json cannot be read\n");
        return 2;
    }
    char *line = NULL;
    size_t size = 0, number = 0, bad = 0;
    for (ssize_t len; (len = getline(&line, &size, stdin)) >= 0;) {
        struct json_document record = json_read(span_of(line, (size_t)len));
        const char *complaint = record.root ? complaint_about(schema.root, record.root, is_full) : record.error;
        number++;
        if (complaint) {
            printf("line %zu: %s: %.200s\n", number, complaint, line);
            bad++;
        }
        json_document_free(&record);
    }
    free(line);
    json_document_free(&schema);
    return number == 0 || bad > 0;
}
