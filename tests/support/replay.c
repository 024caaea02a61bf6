// SPDX-License-Identifier: MIT

/* Runs a fuzz target over files: the corpus as an ordinary test. Every input ends at an unmapped page. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/cliff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

int main(int argc, char **argv)
{
    static char bytes[INPUT_MAX];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "re");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        size_t len = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        span input = cliff_new(bytes, len);
        LLVMFuzzerTestOneInput((const uint8_t *)input.ptr, input.len);
        cliff_free(input);
    }
    printf("%d inputs\n", argc - 1);
    return 0;
}
