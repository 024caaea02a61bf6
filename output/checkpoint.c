// SPDX-License-Identifier: MIT
#include "output/checkpoint.h"

#include "output/folder.h"
#include "output/replace_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/*
 * The text:
 *
 *     trifecta-checkpoint 2
 *     identity NAME=VALUE          (bytes below space, DEL and % as %xx)
 *     option NAME=VALUE
 *     note NAME=VALUE
 *     counter NAME=DECIMAL
 *     state NAME=...               (each of state_fields once)
 *     part RECORDS BYTES UNCOMPRESSED XXH3   (whole ones of a folder, in order)
 *     above HEX                    (the bitmap above the watermark)
 *     xxh64 HEX
 */
static const char magic[] = "trifecta-checkpoint ";
static const char version[] = "2\n";
static const char seal_name[] = "xxh64 ";

enum { SEAL_SIZE = sizeof(seal_name) - 1 + 16 + 1 };

static const char *const kind_names[CHECKPOINT_KIND_COUNT] = { "identity", "option", "note" };

enum field_form { FIELD_DECIMAL, FIELD_HEX64, FIELD_HEX32, FIELD_BOOL };

static const struct state_field {
    const char *name;
    enum field_form form;
    size_t offset;
} state_fields[] = {
    { "seed", FIELD_DECIMAL, offsetof(struct checkpoint, seed) },
    { "resumed", FIELD_DECIMAL, offsetof(struct checkpoint, resumed) },
    { "offset", FIELD_DECIMAL, offsetof(struct checkpoint, position.offset) },
    { "uncompressed_bytes", FIELD_DECIMAL, offsetof(struct checkpoint, position.uncompressed_bytes) },
    { "frames", FIELD_DECIMAL, offsetof(struct checkpoint, position.frames) },
    { "frame_is_open", FIELD_BOOL, offsetof(struct checkpoint, position.frame.is_open) },
    { "frame_checksum", FIELD_HEX32, offsetof(struct checkpoint, position.frame.checksum) },
    { "tail_xxh64", FIELD_HEX64, offsetof(struct checkpoint, position.tail_xxh64) },
    { "part", FIELD_DECIMAL, offsetof(struct checkpoint, position.part) },
    { "part_begin", FIELD_DECIMAL, offsetof(struct checkpoint, position.part_begin) },
    { "part_records", FIELD_DECIMAL, offsetof(struct checkpoint, position.part_records) },
    { "lowest", FIELD_DECIMAL, offsetof(struct checkpoint, lowest) },
};
enum { STATE_FIELD_COUNT = sizeof(state_fields) / sizeof(state_fields[0]) };

/* Pairs and counters ---------------------------------------------------------------------------------------------- */

void checkpoint_init(struct checkpoint *checkpoint)
{
    *checkpoint = (struct checkpoint){ 0 };
}

void checkpoint_deinit(struct checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->pair_count; i++) {
        free(checkpoint->pairs[i].name);
        free(checkpoint->pairs[i].value);
    }
    for (size_t i = 0; i < checkpoint->counter_count; i++) {
        free(checkpoint->counters[i].name);
    }
    free(checkpoint->pairs);
    free(checkpoint->counters);
    free(checkpoint->parts);
    free(checkpoint->above);
    checkpoint_init(checkpoint);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '[' || c == ']';
}

static bool is_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_name_byte(name[i])) {
            return false;
        }
    }
    return len > 0 && len <= CHECKPOINT_NAME_MAX;
}

/* Room for one more in an array that doubles up to `max`. */
static int make_room(void **items, size_t *size, size_t count, size_t item_size, size_t max)
{
    if (count < *size) {
        return 0;
    }
    if (count >= max) {
        return -E2BIG;
    }
    size_t wanted = *size == 0 ? 16 : *size * 2;
    void *grown = realloc(*items, wanted * item_size);
    if (grown == NULL) {
        return -ENOMEM;
    }
    *items = grown;
    *size = wanted;
    return 0;
}

static struct checkpoint_pair *find_pair(const struct checkpoint *checkpoint, enum checkpoint_kind kind,
                                         const char *name)
{
    for (size_t i = 0; i < checkpoint->pair_count; i++) {
        if (checkpoint->pairs[i].kind == kind && strcmp(checkpoint->pairs[i].name, name) == 0) {
            return &checkpoint->pairs[i];
        }
    }
    return NULL;
}

static struct checkpoint_counter *find_counter(const struct checkpoint *checkpoint, const char *name)
{
    for (size_t i = 0; i < checkpoint->counter_count; i++) {
        if (strcmp(checkpoint->counters[i].name, name) == 0) {
            return &checkpoint->counters[i];
        }
    }
    return NULL;
}

static int add_pair(struct checkpoint *checkpoint, enum checkpoint_kind kind, const char *name, char *value)
{
    void *pairs = checkpoint->pairs;
    int err = make_room(&pairs, &checkpoint->pair_size, checkpoint->pair_count, sizeof(*checkpoint->pairs),
                        CHECKPOINT_PAIRS_MAX);
    checkpoint->pairs = pairs;
    if (err < 0) {
        return err;
    }
    char *own_name = strdup(name);
    if (own_name == NULL) {
        return -ENOMEM;
    }
    checkpoint->pairs[checkpoint->pair_count++] = (struct checkpoint_pair){ kind, own_name, value };
    return 0;
}

int checkpoint_set(struct checkpoint *checkpoint, enum checkpoint_kind kind, const char *name, const char *value)
{
    assert(kind < CHECKPOINT_KIND_COUNT);
    if (!is_name(name, strlen(name)) || strlen(value) > CHECKPOINT_VALUE_MAX) {
        return -EINVAL;
    }
    char *own_value = strdup(value);
    if (own_value == NULL) {
        return -ENOMEM;
    }
    struct checkpoint_pair *pair = find_pair(checkpoint, kind, name);
    if (pair != NULL) {
        free(pair->value);
        pair->value = own_value;
        return 0;
    }
    int err = add_pair(checkpoint, kind, name, own_value);
    if (err < 0) {
        free(own_value);
    }
    return err;
}

const char *checkpoint_get(const struct checkpoint *checkpoint, enum checkpoint_kind kind, const char *name)
{
    const struct checkpoint_pair *pair = find_pair(checkpoint, kind, name);
    return pair == NULL ? NULL : pair->value;
}

int checkpoint_set_counter(struct checkpoint *checkpoint, const char *name, uint64_t value)
{
    if (!is_name(name, strlen(name))) {
        return -EINVAL;
    }
    struct checkpoint_counter *counter = find_counter(checkpoint, name);
    if (counter != NULL) {
        counter->value = value;
        return 0;
    }
    void *counters = checkpoint->counters;
    int err = make_room(&counters, &checkpoint->counter_size, checkpoint->counter_count, sizeof(*counter),
                        CHECKPOINT_COUNTERS_MAX);
    checkpoint->counters = counters;
    if (err < 0) {
        return err;
    }
    char *own_name = strdup(name);
    if (own_name == NULL) {
        return -ENOMEM;
    }
    checkpoint->counters[checkpoint->counter_count++] = (struct checkpoint_counter){ own_name, value };
    return 0;
}

bool checkpoint_get_counter(const struct checkpoint *checkpoint, const char *name, uint64_t *out)
{
    const struct checkpoint_counter *counter = find_counter(checkpoint, name);
    if (counter != NULL) {
        *out = counter->value;
    }
    return counter != NULL;
}

static int add_part(struct checkpoint *checkpoint, const struct result_part *part)
{
    void *parts = checkpoint->parts;
    int err = make_room(&parts, &checkpoint->part_size, checkpoint->part_count, sizeof(*part), CHECKPOINT_PARTS_MAX);
    checkpoint->parts = parts;
    if (err == 0) {
        checkpoint->parts[checkpoint->part_count++] = *part;
    }
    return err;
}

int checkpoint_set_parts(struct checkpoint *checkpoint, const struct result_part *parts, uint64_t count)
{
    int err = 0;
    /* A whole part stays as it is: what is known already is kept. */
    for (uint64_t i = checkpoint->part_count; i < count && err == 0; i++) {
        err = add_part(checkpoint, &parts[i]);
    }
    return err;
}

int checkpoint_set_watermark(struct checkpoint *checkpoint, const struct watermark *watermark)
{
    size_t len = watermark_bytes_len(watermark);
    uint8_t *above = realloc(checkpoint->above, len > 0 ? len : 1);
    if (above == NULL) {
        return -ENOMEM;
    }
    watermark_print_bytes(watermark, above);
    checkpoint->above = above;
    checkpoint->above_len = len;
    checkpoint->lowest = watermark->lowest;
    return 0;
}

static bool pairs_stand_in(const struct checkpoint *from, const struct checkpoint *in, enum checkpoint_kind kind,
                           const char **name)
{
    for (size_t i = 0; i < from->pair_count; i++) {
        const struct checkpoint_pair *pair = &from->pairs[i];
        const char *other = pair->kind == kind ? checkpoint_get(in, kind, pair->name) : pair->value;
        if (other == NULL || strcmp(pair->value, other) != 0) {
            *name = pair->name;
            return false;
        }
    }
    return true;
}

bool checkpoint_agrees(const struct checkpoint *before, const struct checkpoint *now, enum checkpoint_kind kind,
                       struct checkpoint_difference *out)
{
    const char *name;
    if (pairs_stand_in(before, now, kind, &name) && pairs_stand_in(now, before, kind, &name)) {
        return true;
    }
    *out = (struct checkpoint_difference){ name, checkpoint_get(before, kind, name), checkpoint_get(now, kind, name) };
    return false;
}

/* Printing -------------------------------------------------------------------------------------------------------- */

static const char hex_digits[] = "0123456789abcdef";

struct text {
    char *bytes;
    size_t len, size;
    bool failed; /* no memory: sticky */
};

static char *text_reserve(struct text *text, size_t more)
{
    if (text->failed) {
        return NULL;
    }
    if (more > text->size - text->len) {
        size_t size = text->size * 2 > text->len + more ? text->size * 2 : text->len + more;
        char *bytes = realloc(text->bytes, size);
        if (bytes == NULL) {
            text->failed = true;
            return NULL;
        }
        text->bytes = bytes;
        text->size = size;
    }
    return text->bytes + text->len;
}

static void text_put(struct text *text, const char *bytes)
{
    size_t len = strlen(bytes);
    char *to = text_reserve(text, len);
    if (to != NULL) {
        memcpy(to, bytes, len);
        text->len += len;
    }
}

static void text_put_hex(struct text *text, const uint8_t *bytes, size_t len)
{
    char *to = text_reserve(text, 2 * len);
    for (size_t i = 0; to != NULL && i < len; i++) {
        to[2 * i] = hex_digits[bytes[i] >> 4];
        to[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    text->len += to != NULL ? 2 * len : 0;
}

static bool is_plain_byte(unsigned char c)
{
    return c >= 0x20 && c != 0x7f && c != '%';
}

static void text_put_value(struct text *text, const char *value)
{
    size_t len = strlen(value), at = 0;
    char *to = text_reserve(text, 3 * len);
    for (size_t i = 0; to != NULL && i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        if (is_plain_byte(c)) {
            to[at++] = (char)c;
        } else {
            to[at++] = '%';
            to[at++] = hex_digits[c >> 4];
            to[at++] = hex_digits[c & 15];
        }
    }
    text->len += at;
}

static void text_put_number(struct text *text, enum field_form form, uint64_t value)
{
    static const char *const formats[] = {
        [FIELD_DECIMAL] = "%" PRIu64,
        [FIELD_HEX64] = "%016" PRIx64,
        [FIELD_HEX32] = "%08" PRIx64,
        [FIELD_BOOL] = "%" PRIu64,
    };
    char digits[24];
    snprintf(digits, sizeof(digits), formats[form], value);
    text_put(text, digits);
}

static uint64_t field_get(const struct checkpoint *checkpoint, const struct state_field *field)
{
    const void *at = (const char *)checkpoint + field->offset;
    switch (field->form) {
    case FIELD_HEX32:
        return *(const uint32_t *)at;
    case FIELD_BOOL:
        return *(const bool *)at;
    default:
        return *(const uint64_t *)at;
    }
}

static void print_part(const struct result_part *part, struct text *text)
{
    char line[128];
    snprintf(line, sizeof(line), "part %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", part->records, part->bytes,
             part->uncompressed_bytes, part->xxh3);
    text_put(text, line);
}

static void print_checkpoint(const struct checkpoint *checkpoint, struct text *text)
{
    text_put(text, magic);
    text_put(text, version);
    for (size_t i = 0; i < checkpoint->pair_count; i++) {
        const struct checkpoint_pair *pair = &checkpoint->pairs[i];
        text_put(text, kind_names[pair->kind]);
        text_put(text, " ");
        text_put(text, pair->name);
        text_put(text, "=");
        text_put_value(text, pair->value);
        text_put(text, "\n");
    }
    for (size_t i = 0; i < checkpoint->counter_count; i++) {
        text_put(text, "counter ");
        text_put(text, checkpoint->counters[i].name);
        text_put(text, "=");
        text_put_number(text, FIELD_DECIMAL, checkpoint->counters[i].value);
        text_put(text, "\n");
    }
    for (size_t i = 0; i < STATE_FIELD_COUNT; i++) {
        text_put(text, "state ");
        text_put(text, state_fields[i].name);
        text_put(text, "=");
        text_put_number(text, state_fields[i].form, field_get(checkpoint, &state_fields[i]));
        text_put(text, "\n");
    }
    for (size_t i = 0; i < checkpoint->part_count; i++) {
        print_part(&checkpoint->parts[i], text);
    }
    text_put(text, "above ");
    text_put_hex(text, checkpoint->above, checkpoint->above_len);
    text_put(text, "\n");
    if (!text->failed) {
        uint64_t hash = XXH64(text->bytes, text->len, 0);
        text_put(text, seal_name);
        text_put_number(text, FIELD_HEX64, hash);
        text_put(text, "\n");
    }
}

/* Parsing --------------------------------------------------------------------------------------------------------- */

/* A slice of the hostile bytes, read from the front. */
struct slice {
    const char *at;
    size_t len;
};

static bool slice_is(struct slice slice, const char *word)
{
    return slice.len == strlen(word) && memcmp(slice.at, word, slice.len) == 0;
}

static bool slice_starts_with(struct slice slice, const char *word)
{
    size_t len = strlen(word);
    return slice.len >= len && memcmp(slice.at, word, len) == 0;
}

/* Takes what stands before `separator` off *rest; false when there is none. */
static bool slice_cut(struct slice *rest, char separator, struct slice *out)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);
    if (end == NULL) {
        return false;
    }
    *out = (struct slice){ rest->at, (size_t)(end - rest->at) };
    rest->at += out->len + 1;
    rest->len -= out->len + 1;
    return true;
}

/* -1 for what is no digit; lower case only, as we print it. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(struct slice slice, size_t digits, uint64_t *out)
{
    uint64_t value = 0;
    if (slice.len != digits) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_value(slice.at[i]);
        if (digit < 0) {
            return false;
        }
        value = value << 4 | (unsigned)digit;
    }
    *out = value;
    return true;
}

/* No sign, no leading zero. */
static bool parse_decimal(struct slice slice, uint64_t *out)
{
    uint64_t value = 0;
    if (slice.len == 0 || (slice.len > 1 && slice.at[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < slice.len; i++) {
        if (slice.at[i] < '0' || slice.at[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(slice.at[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static int parse_state(struct checkpoint *checkpoint, struct slice name, struct slice value, unsigned *seen)
{
    for (unsigned i = 0; i < STATE_FIELD_COUNT; i++) {
        const struct state_field *field = &state_fields[i];
        if (!slice_is(name, field->name)) {
            continue;
        }
        uint64_t number = 0;
        bool is_hex = field->form == FIELD_HEX64 || field->form == FIELD_HEX32;
        bool ok =
            is_hex ? parse_hex(value, field->form == FIELD_HEX64 ? 16 : 8, &number) : parse_decimal(value, &number);
        if (!ok || (field->form == FIELD_BOOL && number > 1) || (*seen & 1u << i) != 0) {
            return -EBADMSG;
        }
        *seen |= 1u << i;
        void *at = (char *)checkpoint + field->offset;
        if (field->form == FIELD_HEX32) {
            *(uint32_t *)at = (uint32_t)number;
        } else if (field->form == FIELD_BOOL) {
            *(bool *)at = number == 1;
        } else {
            *(uint64_t *)at = number;
        }
        return 0;
    }
    return -EBADMSG;
}

/* The value without its escapes, NUL-ended, into `out` of slice.len + 1 bytes. */
static bool parse_value(struct slice slice, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < slice.len; i++) {
        unsigned char c = (unsigned char)slice.at[i];
        if (c == '%') {
            uint64_t value;
            if (slice.len - i < 3 || !parse_hex((struct slice){ slice.at + i + 1, 2 }, 2, &value) || value == 0) {
                return false;
            }
            c = (unsigned char)value;
            i += 2;
        } else if (!is_plain_byte(c)) {
            return false;
        }
        out[at++] = (char)c;
    }
    out[at] = '\0';
    return at <= CHECKPOINT_VALUE_MAX;
}

static int parse_pair(struct checkpoint *checkpoint, enum checkpoint_kind kind, const char *name, struct slice value)
{
    if (value.len > (size_t)3 * CHECKPOINT_VALUE_MAX || checkpoint_get(checkpoint, kind, name) != NULL) {
        return -EBADMSG;
    }
    char *plain = malloc(value.len + 1);
    if (plain == NULL) {
        return -ENOMEM;
    }
    int err = parse_value(value, plain) ? checkpoint_set(checkpoint, kind, name, plain) : -EBADMSG;
    free(plain);
    return err;
}

static int parse_counter(struct checkpoint *checkpoint, const char *name, struct slice value)
{
    uint64_t number;
    if (!parse_decimal(value, &number) || checkpoint_get_counter(checkpoint, name, &number)) {
        return -EBADMSG;
    }
    return checkpoint_set_counter(checkpoint, name, number);
}

static int parse_above(struct checkpoint *checkpoint, struct slice hex)
{
    if (hex.len % 2 != 0 || checkpoint->above != NULL) {
        return -EBADMSG;
    }
    checkpoint->above_len = hex.len / 2;
    checkpoint->above = malloc(checkpoint->above_len + 1);
    if (checkpoint->above == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < checkpoint->above_len; i++) {
        int high = hex_value(hex.at[2 * i]), low = hex_value(hex.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return -EBADMSG;
        }
        checkpoint->above[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static int parse_part(struct checkpoint *checkpoint, struct slice line)
{
    struct slice records, bytes, uncompressed;
    struct result_part part;
    if (!slice_cut(&line, ' ', &records) || !slice_cut(&line, ' ', &bytes) || !slice_cut(&line, ' ', &uncompressed) ||
        !parse_decimal(records, &part.records) || !parse_decimal(bytes, &part.bytes) ||
        !parse_decimal(uncompressed, &part.uncompressed_bytes) || !parse_hex(line, 16, &part.xxh3)) {
        return -EBADMSG;
    }
    return add_part(checkpoint, &part);
}

static int parse_line(struct checkpoint *checkpoint, struct slice line, unsigned *seen)
{
    struct slice kind, name;
    char own_name[CHECKPOINT_NAME_MAX + 1];
    if (!slice_cut(&line, ' ', &kind)) {
        return -EBADMSG;
    }
    if (slice_is(kind, "above")) {
        return parse_above(checkpoint, line);
    }
    if (slice_is(kind, "part")) {
        return parse_part(checkpoint, line);
    }
    if (!slice_cut(&line, '=', &name) || !is_name(name.at, name.len)) {
        return -EBADMSG;
    }
    if (slice_is(kind, "state")) {
        return parse_state(checkpoint, name, line, seen);
    }
    memcpy(own_name, name.at, name.len);
    own_name[name.len] = '\0';
    if (slice_is(kind, "counter")) {
        return parse_counter(checkpoint, own_name, line);
    }
    for (unsigned i = 0; i < CHECKPOINT_KIND_COUNT; i++) {
        if (slice_is(kind, kind_names[i])) {
            return parse_pair(checkpoint, (enum checkpoint_kind)i, own_name, line);
        }
    }
    return -EBADMSG;
}

/* Checks the seal, and leaves in *body what stands between the first line and it. */
static int open_seal(struct slice *body)
{
    uint64_t sealed;
    if (!slice_starts_with(*body, magic)) {
        return -EBADMSG;
    }
    struct slice after_magic = { body->at + strlen(magic), body->len - strlen(magic) };
    if (!slice_starts_with(after_magic, version)) {
        return -EPROTO;
    }
    if (after_magic.len < strlen(version) + SEAL_SIZE) {
        return -EBADMSG;
    }
    struct slice seal = { body->at + (body->len - SEAL_SIZE), SEAL_SIZE };
    struct slice digits = { seal.at + strlen(seal_name), 16 };
    if (!slice_starts_with(seal, seal_name) || seal.at[SEAL_SIZE - 1] != '\n' || !parse_hex(digits, 16, &sealed) ||
        sealed != XXH64(body->at, body->len - SEAL_SIZE, 0)) {
        return -EBADMSG;
    }
    *body = (struct slice){ after_magic.at + strlen(version), after_magic.len - strlen(version) - SEAL_SIZE };
    return 0;
}

static int parse_lines(struct checkpoint *checkpoint, struct slice body)
{
    unsigned seen = 0;
    struct slice line;
    while (body.len > 0) {
        int err = slice_cut(&body, '\n', &line) ? parse_line(checkpoint, line, &seen) : -EBADMSG;
        if (err < 0) {
            return err == -EINVAL || err == -E2BIG ? -EBADMSG : err;
        }
    }
    return seen == (1u << STATE_FIELD_COUNT) - 1 && checkpoint->above != NULL ? 0 : -EBADMSG;
}

int checkpoint_parse(struct checkpoint *checkpoint, const char *bytes, size_t len)
{
    struct slice body = { bytes, len };
    int err = len > CHECKPOINT_FILE_MAX ? -EFBIG : open_seal(&body);
    if (err < 0) {
        return err;
    }
    err = parse_lines(checkpoint, body);
    if (err < 0) {
        checkpoint_deinit(checkpoint);
    }
    return err;
}

/* Files ----------------------------------------------------------------------------------------------------------- */

char *checkpoint_path(const char *output)
{
    char *path;
    return asprintf(&path, "%s.checkpoint", output) < 0 ? NULL : path;
}

int checkpoint_write(const struct checkpoint *checkpoint, const char *path)
{
    struct text text = { 0 };
    print_checkpoint(checkpoint, &text);
    int err = text.failed ? -ENOMEM : replace_file(path, text.bytes, text.len);
    free(text.bytes);
    return err;
}

/* At most `size` bytes; how many in *len. */
static int read_up_to(int fd, char *out, size_t size, size_t *len)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, out + got, size - got);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    *len = got;
    return 0;
}

static int read_file(int fd, struct checkpoint *checkpoint)
{
    struct stat st;
    size_t len = 0;
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return -EBADMSG;
    }
    if (st.st_size > CHECKPOINT_FILE_MAX) {
        return -EFBIG;
    }
    char *bytes = malloc((size_t)st.st_size + 1);
    if (bytes == NULL) {
        return -ENOMEM;
    }
    int err = read_up_to(fd, bytes, (size_t)st.st_size, &len);
    err = err < 0 ? err : checkpoint_parse(checkpoint, bytes, len);
    free(bytes);
    return err;
}

int checkpoint_read(struct checkpoint *checkpoint, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    int err = read_file(fd, checkpoint);
    close(fd);
    return err;
}

int checkpoint_remove(const char *path)
{
    char *new_path; /* what a crash within checkpoint_write may have left */
    if (asprintf(&new_path, "%s.new", path) < 0) {
        return -ENOMEM;
    }
    unlink(new_path);
    free(new_path);
    if (unlink(path) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    return folder_sync_of(path);
}
