#include "cli/suggest.h"

#include "support/tap.h"

static void check_distances(void)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"pipeline", "pipeline", 0},
        {"piplines", "pipeline", 2},
        {"cleints", "clients", 1},
        {"ab", "ba", 1},
        {"kitten", "sitting", 3},
        {"ca", "abc", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_int(suggest_distance(str_from(rows[i].a), str_from(rows[i].b)), rows[i].distance,
                "from '%s' to '%s'", rows[i].a, rows[i].b);
    }
    char wide[100];
    memset(wide, 'x', sizeof wide);
    tap_int(suggest_distance((struct str){wide, 100}, STR("x")), 100, "too long to be measured");
}

static void check_nearest(void)
{
    static const struct {
        const char *word, *best;
    } rows[] = {
        {"pipline", "pipeline"},
        {"key", "keys"},
        {"value-sise", "value-size"},
        {"aa", "aa"},
        {"xy", NULL},
        {"rate", NULL},
        {"require", NULL},
        {"jsno", "json"},
        {"", NULL},
    };
    static const char *const names[] = {"pipeline", "keys", "value-size",
                                        "aa",       "json", "require-conclusive"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct suggestion nearest;
        suggest_init(&nearest, str_from(rows[i].word));
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
            suggest_consider(&nearest, names[j]);
        }
        tap_text(nearest.best == NULL ? "nothing" : nearest.best,
                 rows[i].best == NULL ? "nothing" : rows[i].best, "'%s' may mean", rows[i].word);
    }
}

int main(void)
{
    check_distances();
    check_nearest();
    return tap_end();
}
