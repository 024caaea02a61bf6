// SPDX-License-Identifier: MIT
#include "lists/builtin.h"

/* The assembler reads the files while this one is compiled: no generated source, no limit on a string's length. */
#define EMBED(symbol, path)                                                                                            \
    __asm__(".pushsection .rodata\n"                                                                                   \
            ".balign 16\n"                                                                                             \
            ".globl " #symbol "_begin\n"                                                                               \
            ".hidden " #symbol "_begin\n" #symbol "_begin:\n"                                                          \
            ".incbin \"" path "\"\n"                                                                                   \
            ".globl " #symbol "_end\n"                                                                                 \
            ".hidden " #symbol "_end\n" #symbol "_end:\n"                                                              \
            ".byte 0\n"                                                                                                \
            ".popsection\n");                                                                                          \
    extern const char symbol##_begin[] __attribute__((visibility("hidden")));                                          \
    extern const char symbol##_end[] __attribute__((visibility("hidden")))

EMBED(builtin_providers_file, "lists/providers.tsv");
EMBED(builtin_selectors_file, "lists/selectors.txt");

const char *builtin_providers(size_t *len)
{
    *len = (size_t)(builtin_providers_file_end - builtin_providers_file_begin);
    return builtin_providers_file_begin;
}

const char *builtin_selectors(size_t *len)
{
    *len = (size_t)(builtin_selectors_file_end - builtin_selectors_file_begin);
    return builtin_selectors_file_begin;
}
