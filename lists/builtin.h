// SPDX-License-Identifier: MIT
#pragma once

/*
 * The data files that are part of the program: providers.tsv (fingerprints of mail providers) and selectors.txt (DKIM
 * selectors worth asking for). Their columns are described at their heads.
 *
 * Threads: any.  Memory: read-only, there for ever; no NUL at the end.
 */

#include <stddef.h>

const char *builtin_providers(size_t *len);
const char *builtin_selectors(size_t *len);
