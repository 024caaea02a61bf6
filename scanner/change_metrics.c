// SPDX-License-Identifier: MIT
#include "scanner/change_metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "output/replace_file.h"

static void put_changes(FILE *out, const struct difference *d)
{
    static const enum direction shown[] = { DIRECTION_WEAKENED, DIRECTION_BECAME_UNKNOWN, DIRECTION_CHANGED, DIRECTION_IMPROVED, DIRECTION_RECOVERED };
    fputs("# HELP trifecta_changes Names of the last two sweeps, by verdict and what became of it.\n# TYPE trifecta_changes gauge\n", out);
    for (int a = 0; a < ASPECT_COUNT; a++) {
        for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]) && difference_has_compared(d, (enum aspect)a); i++) {
            fprintf(out, "trifecta_changes{protocol=\"%s\",direction=\"%s\"} %" PRIu64 "\n", aspect_forms[a].key, direction_word(shown[i]),
                    d->directions[a][shown[i]]);
        }
    }
}

static void put_classes(FILE *out, const struct difference *d)
{
    fputs("# HELP trifecta_changed_domains Names of the last two sweeps, each in the worst class that holds.\n"
          "# TYPE trifecta_changed_domains gauge\n", out);
    for (int c = 0; c < CHANGE_NONE; c++) {
        fprintf(out, "trifecta_changed_domains{class=\"%s\"} %" PRIu64 "\n", change_class_key((enum change_class)c), d->classes[c]);
    }
}

int change_metrics_write(const struct difference *difference, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL) {
        return -ENOMEM;
    }
    put_changes(out, difference);
    put_classes(out, difference);
    int err = fclose(out) == 0 ? replace_file(path, text, len) : -ENOMEM;
    free(text);
    return err < 0 ? err : chmod(path, 0644) < 0 ? -errno : 0; /* the exporter is another user */
}
