// SPDX-License-Identifier: MIT
#include "lists/suffixes.h"
#include "lists/name.h"

#include <libpsl.h>
#include <xxhash.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suffixes {
    psl_ctx_t *psl;
    bool is_builtin; /* libpsl's own copy is not ours to free */
    uint64_t fingerprint;
};

static int fingerprint_file(const char *path, uint64_t *out)
{
    char buffer[16384];
    XXH3_state_t *hash = XXH3_createState();
    FILE *file = fopen(path, "rbe");
    int err = 0;
    size_t n;
    if (hash == NULL || file == NULL) {
        err = file == NULL ? -errno : -ENOMEM;
        goto done;
    }
    XXH3_64bits_reset(hash);
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0) {
        XXH3_64bits_update(hash, buffer, n);
    }
    err = ferror(file) ? -EIO : 0;
    *out = XXH3_64bits_digest(hash);
done:
    if (file != NULL) {
        fclose(file);
    }
    XXH3_freeState(hash);
    return err;
}

static int load(struct suffixes *s, const char *path)
{
    if (path != NULL) {
        int err = fingerprint_file(path, &s->fingerprint);
        if (err < 0) {
            return err;
        }
        s->psl = psl_load_file(path);
        return s->psl == NULL ? -EINVAL : 0;
    }
    s->psl = psl_latest(NULL);
    s->is_builtin = s->psl == psl_builtin();
    if (s->psl == NULL) {
        return -ENOENT;
    }
    if (s->is_builtin) {
        const char *sum = psl_builtin_sha1sum();
        s->fingerprint = XXH3_64bits(sum, strlen(sum));
        return 0;
    }
    return fingerprint_file(psl_dist_filename(), &s->fingerprint);
}

int suffixes_open(struct suffixes **out, const char *path, char *error, size_t error_size)
{
    struct suffixes *s = calloc(1, sizeof(*s));
    int err = s == NULL ? -ENOMEM : load(s, path);
    /* A file that is no such list loads as an empty one: every such list has .com. */
    if (err == 0 && !psl_is_public_suffix2(s->psl, "com", PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE)) {
        err = -EINVAL;
    }
    if (err < 0) {
        snprintf(error, error_size, "%s: %s; install the publicsuffix package or name a file",
                 path != NULL ? path : "public suffix list", err == -EINVAL ? "no public suffix list" : strerror(-err));
        suffixes_close(s);
        return err;
    }
    *out = s;
    return 0;
}

void suffixes_close(struct suffixes *suffixes)
{
    if (suffixes != NULL && !suffixes->is_builtin) {
        psl_free(suffixes->psl);
    }
    free(suffixes);
}

/* libpsl wants a NUL. False: longer than a name can be. */
static bool name_copy(char copy[NAME_SIZE], const char *name, size_t len)
{
    if (len >= NAME_SIZE) {
        return false;
    }
    memcpy(copy, name, len);
    copy[len] = '\0';
    return true;
}

size_t suffixes_organizational(const struct suffixes *suffixes, const char *name, size_t len)
{
    char copy[NAME_SIZE];
    if (!name_copy(copy, name, len)) {
        return 0;
    }
    const char *found = psl_registrable_domain(suffixes->psl, copy);
    return found != NULL ? (size_t)(found - copy) : 0;
}

bool suffixes_is_public_suffix(const struct suffixes *suffixes, const char *name, size_t len)
{
    char copy[NAME_SIZE];
    return name_copy(copy, name, len) && psl_is_public_suffix(suffixes->psl, copy) == 1;
}

bool suffixes_split(const struct suffixes *suffixes, const char *name, size_t len, size_t *organizational_at)
{
    char copy[NAME_SIZE];
    *organizational_at = 0;
    if (!name_copy(copy, name, len)) {
        return false;
    }
    const char *found = psl_registrable_domain(suffixes->psl, copy);
    *organizational_at = found != NULL ? (size_t)(found - copy) : 0;
    return found == NULL;
}

uint64_t suffixes_fingerprint(const struct suffixes *suffixes)
{
    return suffixes->fingerprint;
}
