/* Tries something again and again while the system refuses one call each time, the first, the
 * second, and so on, until there are not so many: each time it must fail with a sentence, or
 * survive where that is allowed, and leave nothing behind. Part of a test program, as tap.h. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "support/failing.h"
#include "support/tap.h"

struct attempt {
    const char *name;
    /* False: it failed, and `err` says how. Releases all that it took in any case. */
    bool (*run)(const void *self, struct error *err);
    const void *self;
    uint32_t uses;                    /* a bit for each call that it makes at all */
    unsigned survives[FAILING_CALLS]; /* of each, how many may be refused without harm */
};

static void refuse_each(const struct attempt *attempt, enum failing_call call)
{
    enum { MOST = 300 };
    const char *refused = failing_name(call);
    struct failing_remains before = failing_count();
    unsigned survived = 0;
    unsigned n = 0;
    for (bool was_reached = true; was_reached && n < MOST;) {
        struct error err = {0};
        failing_arm(call, ++n);
        bool done = attempt->run(attempt->self, &err);
        was_reached = failing_disarm();
        survived += was_reached && done;
        tap_check(done || (was_reached && strstr(err.text, failing_words(call)) != NULL &&
                           (err.code == ERROR_SYSTEM || err.code == ERROR_TARGET)),
                  "%s: %s %u %s \"%s\"", attempt->name, refused, n,
                  was_reached ? "is refused:" : "is not made:", err.text);
        tap_check(failing_left_nothing(&before), "%s: %s %u: nothing is left", attempt->name,
                  refused, n);
    }
    tap_check(n < MOST, "%s: %s: %u times", attempt->name, refused, n - 1);
    tap_check(survived <= attempt->survives[call], "%s: %s: %u were survived", attempt->name,
              refused, survived);
    tap_int(n > 1, (attempt->uses >> call & 1) != 0, "%s: %s: is it called", attempt->name,
            refused);
}

static void refuse_all(const struct attempt *attempt)
{
    for (enum failing_call call = 0; call < FAILING_CALLS; call++) {
        refuse_each(attempt, call);
    }
}
