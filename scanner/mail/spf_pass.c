// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_pass.h"

/* Senders that have met the same number of terms. */
struct flock {
    struct pass_set set;
    uint8_t lookups, voids;
    bool has_ghost; /* the sender that no address term covers is among them */
    struct flock *next;
};

/* At most one flock for each pair of numbers. */
struct flocks {
    struct flock *first;
};

/* The terms that led here, innermost first. */
struct path {
    const struct path *outer;
    span term;
};

struct run {
    struct spf_tree *tree;
    struct arena *arena;
    bool is_ip6, was_cut;
    struct spf_pass *out;
};

/* Where the senders of one record go. */
struct scene {
    struct run *run;
    struct spf_node *node;
    const struct path *path;
    bool counts_for_pass; /* a pass here is one of the own record: only '+' includes lie above */
    struct flocks undecided, passed, rejected;
};

static struct flock *find_flock(struct run *run, struct flocks *flocks, uint8_t lookups, uint8_t voids)
{
    for (struct flock *flock = flocks->first; flock; flock = flock->next) {
        if (flock->lookups == lookups && flock->voids == voids) {
            return flock;
        }
    }
    struct flock *flock = ARENA_TAKE(run->arena, struct flock);
    if (!flock) {
        run->was_cut = true;
        return NULL;
    }
    pass_set_init(&flock->set, run->arena);
    flock->lookups = lookups;
    flock->voids = voids;
    flock->next = flocks->first;
    flocks->first = flock;
    return flock;
}

/* Moves the whole flock into `to`. */
static void join(struct run *run, struct flock *flock, struct flocks *to)
{
    if (pass_set_is_empty(&flock->set) && !flock->has_ghost) {
        return;
    }
    struct flock *target = find_flock(run, to, flock->lookups, flock->voids);
    if (!target) {
        return;
    }
    pass_set_move_all(&flock->set, &target->set);
    target->has_ghost |= flock->has_ghost;
    flock->has_ghost = false;
}

static void join_all(struct run *run, struct flocks *from, struct flocks *to)
{
    for (struct flock *flock = from->first; flock; flock = flock->next) {
        join(run, flock, to);
    }
    from->first = NULL;
}

static uint64_t count_addresses(struct flocks *flocks)
{
    uint64_t count = 0;
    for (struct flock *flock = flocks->first; flock; flock = flock->next) {
        pass_set_sort(&flock->set);
        count += pass_set_count(&flock->set);
    }
    return count;
}

static struct flocks *destination(struct scene *scene, const struct spf_term *term)
{
    return term->qualifier == SPF_PASS ? &scene->passed : &scene->rejected;
}

static void cover(struct scene *scene, const struct spf_term *term, struct ip_range range)
{
    struct flocks *to = destination(scene, term);
    for (struct flock *flock = scene->undecided.first; flock; flock = flock->next) {
        struct flock *target = find_flock(scene->run, to, flock->lookups, flock->voids);
        if (target) {
            pass_set_move(&flock->set, range, &target->set);
        }
    }
}

static void cover_addresses(struct scene *scene, const struct spf_term *term, const struct rrset *rrset)
{
    for (size_t i = 0; i < rrset->count; i++) {
        cover(scene, term,
              scene->run->is_ip6 ? ip6_range(rrset->aaaa[i], term->prefix6) : ip4_range(rrset->a[i], term->prefix4));
    }
}

/* ---- ends ---- */

enum { PATH_TEXT_MAX = 512 }; /* a loop through long names would fill the record */

/* Behind what stands there; false: cut at the end of the room. */
static bool put(char text[PATH_TEXT_MAX], size_t *len, span part)
{
    size_t room = PATH_TEXT_MAX - *len, count = part.len < room ? part.len : room;
    memcpy(text + *len, part.ptr, count);
    *len += count;
    return count == part.len;
}

/* "include:a.example > include:b.example > mx"; one that is too long ends with "...". */
static span path_text(struct run *run, const struct path *path, span last)
{
    enum { PATH_TERMS_MAX = 12 }; /* ten lookups, so at most that many includes above */
    span terms[PATH_TERMS_MAX + 1];
    size_t first = PATH_TERMS_MAX;
    terms[first] = last;
    for (; path && first > 0; path = path->outer) {
        terms[--first] = path->term;
    }
    char text[PATH_TEXT_MAX];
    size_t len = 0;
    bool fits = put(text, &len, terms[first]);
    for (size_t i = first + 1; fits && i <= PATH_TERMS_MAX; i++) {
        fits = put(text, &len, SPAN(" > ")) && put(text, &len, terms[i]);
    }
    if (!fits) {
        memcpy(text + PATH_TEXT_MAX - 3, "...", 3);
    }
    span out = { "", 0 };
    return arena_copy(run->arena, span_of(text, len), &out) ? out : span_of("", 0);
}

static void end_ghost(struct run *run, struct flock *flock, enum spf_status status)
{
    if (flock->has_ghost) {
        flock->has_ghost = false;
        run->out->status = status;
    }
}

/* Raises one of the two numbers of every flock; those over the limit end in permerror (4.6.4). */
static void raise_count(struct scene *scene, const struct spf_step *step, bool is_void)
{
    struct flocks old = scene->undecided;
    scene->undecided.first = NULL;
    for (struct flock *flock = old.first, *next; flock; flock = next) {
        next = flock->next;
        flock->lookups = (uint8_t)(flock->lookups + !is_void);
        flock->voids = (uint8_t)(flock->voids + is_void);
        if (flock->lookups <= SPF_LOOKUP_LIMIT && flock->voids <= SPF_VOID_LIMIT) {
            flock->next = scene->undecided.first;
            scene->undecided.first = flock;
        } else if (flock->has_ghost) {
            scene->run->out->limit_hit = path_text(scene->run, scene->path, step->term->text);
            end_ghost(scene->run, flock, SPF_PERMERROR);
        }
    }
}

static void end_all(struct scene *scene, enum spf_status status)
{
    for (struct flock *flock = scene->undecided.first; flock; flock = flock->next) {
        end_ghost(scene->run, flock, status);
    }
    scene->undecided.first = NULL;
}

/* Unknown is not absent: the ghost ends in temperror, the addresses go on as if the term covered nobody. */
static void note_failure(struct scene *scene)
{
    for (struct flock *flock = scene->undecided.first; flock; flock = flock->next) {
        end_ghost(scene->run, flock, SPF_TEMPERROR);
    }
}

/* ---- terms ---- */

static void evaluate_record(struct scene *scene);

static void evaluate_mx(struct scene *scene, const struct spf_step *step)
{
    size_t count = step->mx->count < SPF_MX_HOST_LIMIT ? step->mx->count : SPF_MX_HOST_LIMIT;
    for (size_t i = 0; i < count; i++) {
        span host = step->mx->mx[i].exchange;
        if (span_equal(host, SPAN("."))) {
            continue;
        }
        const struct rrset *rrset =
            subject_answer(scene->run->tree->subject, host, scene->run->is_ip6 ? DNS_AAAA : DNS_A);
        if (rrset_is_failure(rrset)) {
            note_failure(scene);
        }
        cover_addresses(scene, step->term, rrset);
    }
    if (step->mx->count > SPF_MX_HOST_LIMIT) {
        end_all(scene, SPF_PERMERROR); /* 4.6.4: not found among the first ten */
    }
}

static bool is_whole_record_passing(uint64_t entered, uint64_t passed)
{
    return entered >= (uint64_t)1 << 24 && entered == passed;
}

/* include: pass matches, the rest does not (5.2). */
static void evaluate_include(struct scene *scene, struct spf_step *step)
{
    struct run *run = scene->run;
    struct path path = { scene->path, step->term->text };
    struct scene inner = { .run = run,
                           .node = step->node,
                           .path = &path,
                           .counts_for_pass = scene->counts_for_pass && step->term->qualifier == SPF_PASS };
    bool is_own = scene->node == run->tree->root;
    uint64_t entered = run->is_ip6 ? 0 : count_addresses(&scene->undecided);
    join_all(run, &scene->undecided, &inner.undecided);
    evaluate_record(&inner);
    if (!run->is_ip6) {
        uint64_t passed = count_addresses(&inner.passed);
        bool is_pass = step->term->qualifier == SPF_PASS;
        step->passed_ip4 += is_own && is_pass ? passed : 0;
        if (is_pass && !run->out->passed_all_at && is_whole_record_passing(entered, passed)) {
            run->out->passed_all_at = step;
        }
    }
    join_all(run, &inner.passed, destination(scene, step->term));
    join_all(run, &inner.rejected, &scene->undecided);
    for (struct flock *flock = scene->undecided.first; flock; flock = flock->next) {
        pass_set_sort(&flock->set);
    }
}

/* redirect: the target's result is the result (6.1). */
static void evaluate_redirect(struct scene *scene, struct spf_step *step)
{
    struct path path = { scene->path, step->term->text };
    struct scene inner = {
        .run = scene->run, .node = step->node, .path = &path, .counts_for_pass = scene->counts_for_pass
    };
    join_all(scene->run, &scene->undecided, &inner.undecided);
    evaluate_record(&inner);
    join_all(scene->run, &inner.passed, &scene->passed);
    join_all(scene->run, &inner.rejected, &scene->rejected);
}

static void evaluate_found(struct scene *scene, struct spf_step *step)
{
    switch (step->term->kind) {
    case SPF_TERM_A:
        cover_addresses(scene, step->term, scene->run->is_ip6 ? step->aaaa : step->a);
        break;
    case SPF_TERM_MX:
        evaluate_mx(scene, step);
        break;
    case SPF_TERM_EXISTS:
        join_all(scene->run, &scene->undecided, destination(scene, step->term));
        break;
    case SPF_TERM_INCLUDE:
    case SPF_TERM_REDIRECT:
        if (step->node->state != SPF_NODE_USABLE) {
            end_all(scene, SPF_PERMERROR);
        } else if (step->term->kind == SPF_TERM_INCLUDE) {
            evaluate_include(scene, step);
        } else {
            evaluate_redirect(scene, step);
        }
        break;
    default:
        break;
    }
}

static void evaluate_step(struct scene *scene, struct spf_step *step)
{
    bool leads_on = step->term->kind == SPF_TERM_INCLUDE || step->term->kind == SPF_TERM_REDIRECT;
    spf_tree_resolve(scene->run->tree, scene->node, step);
    raise_count(scene, step, false);
    step->could_pass |= scene->undecided.first && scene->counts_for_pass && step->term->qualifier == SPF_PASS;
    switch (scene->run->is_ip6 ? step->for_ip6 : step->for_ip4) {
    case SPF_FOUND:
        evaluate_found(scene, step);
        break;
    case SPF_FOUND_NOTHING:
        raise_count(scene, step, true);
        if (leads_on) {
            end_all(scene, SPF_PERMERROR);
        }
        break;
    case SPF_FOUND_FAILURE:
        note_failure(scene);
        break;
    case SPF_FOUND_UNKNOWABLE:
        break;
    }
}

static void evaluate_terms(struct scene *scene)
{
    const struct spf_record *record = &scene->node->record;
    size_t step = 0;
    for (size_t i = 0; i < record->term_count && scene->undecided.first; i++) {
        const struct spf_term *term = &record->terms[i];
        if (term->kind == SPF_TERM_ALL) {
            join_all(scene->run, &scene->undecided, destination(scene, term));
        } else if (term->kind == SPF_TERM_IP4 && !scene->run->is_ip6) {
            cover(scene, term, ip4_range(term->address, term->prefix4));
        } else if (term->kind == SPF_TERM_IP6 && scene->run->is_ip6) {
            cover(scene, term, ip6_range(term->address, term->prefix6));
        } else if (spf_term_is_counted(term)) {
            if (step == scene->node->step_count) {
                return; /* no room for them: said by was_capped */
            }
            evaluate_step(scene, &scene->node->steps[step++]);
        }
    }
}

static void evaluate_record(struct scene *scene)
{
    struct spf_node *node = scene->node;
    evaluate_terms(scene);
    if (scene->undecided.first && node->has_redirect_step) {
        evaluate_step(scene, &node->steps[node->step_count - 1]);
    }
    join_all(scene->run, &scene->undecided, &scene->rejected); /* neutral: 4.7 */
}

void spf_pass_evaluate(struct spf_tree *tree, bool is_ip6, struct spf_pass *out)
{
    *out = (struct spf_pass){ .status = SPF_VALID };
    struct run run = { .tree = tree, .arena = tree->subject->arena, .is_ip6 = is_ip6, .out = out };
    struct scene scene = { .run = &run, .node = tree->root, .counts_for_pass = true };
    pass_set_init(&out->set, run.arena);
    struct flock *everybody = find_flock(&run, &scene.undecided, 0, 0);
    if (everybody) {
        everybody->has_ghost = true;
        pass_set_append(&everybody->set, is_ip6 ? ip6_everything : ip4_everything);
        evaluate_record(&scene);
    }
    for (struct flock *flock = scene.passed.first; flock; flock = flock->next) {
        pass_set_append_all(&out->set, &flock->set);
    }
    out->set.was_cut |= run.was_cut;
    if (out->status == SPF_VALID && (run.was_cut || tree->was_capped)) {
        out->status = SPF_TEMPERROR; /* no room to follow it to its end: unknown */
    }
    pass_set_sort(&out->set);
}
