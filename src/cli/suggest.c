#include "cli/suggest.h"

#include <limits.h>

enum { MAX_LEN = 63 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

unsigned suggest_distance(struct str a, struct str b)
{
    if (a.len > MAX_LEN || b.len > MAX_LEN) {
        return (unsigned)(a.len > b.len ? a.len : b.len);
    }
    /* rows[i % 3] holds the distances of the first i letters of a to every prefix of b. */
    unsigned rows[3][MAX_LEN + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned replaced = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, replaced);
            bool swapped =
                i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
            if (swapped && two_above[j - 2] + 1 < row[j]) {
                row[j] = two_above[j - 2] + 1;
            }
        }
    }
    return rows[a.len % 3][b.len];
}

void suggest_init(struct suggestion *suggestion, struct str word)
{
    *suggestion = (struct suggestion){.word = word, .best = NULL, .distance = UINT_MAX};
}

void suggest_consider(struct suggestion *suggestion, const char *candidate)
{
    struct str name = str_from(candidate);
    unsigned distance = suggest_distance(suggestion->word, name);
    if (distance < suggestion->distance && distance * 3 <= name.len) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}
