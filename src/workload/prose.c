#include "workload/prose.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* The commonest words stand first. Behind them come made ones, of one to four syllables. */
static const char *const common[] = {
    "the",   "of",   "and",  "to",    "in",    "a",     "is",    "that",  "for",  "it",   "as",
    "was",   "with", "be",   "by",    "on",    "not",   "he",    "his",   "but",  "at",   "are",
    "this",  "have", "from", "or",    "had",   "an",    "they",  "which", "one",  "you",  "were",
    "all",   "her",  "she",  "there", "would", "their", "we",    "him",   "been", "has",  "when",
    "who",   "will", "no",   "more",  "if",    "out",   "so",    "up",    "said", "what", "its",
    "about", "than", "into", "them",  "can",   "only",  "other", "time",  "new",
};

enum { COMMON = sizeof common / sizeof common[0], WORDS = 4096, LONGEST = 16 };

static const char *const syllables[] = {"ta",  "ren", "mi",  "lo",  "ska", "ver",  "non", "pel",
                                        "ing", "dor", "ari", "bes", "cu",  "tion", "mar", "el"};

/* Word number `rank` with a space behind it; returns the length. The made ones are a function of
 * their number. */
static size_t spell(uint32_t rank, char out[LONGEST + 2])
{
    size_t len = 0;
    if (rank < COMMON) {
        len = strlen(common[rank]);
        memcpy(out, common[rank], len);
    } else {
        uint64_t bits = rng_mix(rank);
        size_t count = 1 + (bits & 3);
        for (size_t i = 0; i < count; i++) {
            bits >>= 4;
            const char *syllable = syllables[bits & 15];
            size_t size = strlen(syllable);
            memcpy(out + len, syllable, size);
            len += size;
        }
    }
    out[len] = ' ';
    return len + 1;
}

/* A rank with a probability nearly proportional to 1 / (rank + 1): its logarithm is even. */
static uint32_t draw_rank(struct rng *rng)
{
    enum { OCTAVES = 12 }; /* 2^12 words */
    uint64_t bits = rng_next(rng);
    uint32_t octave = (uint32_t)rng_below(rng, OCTAVES);
    uint32_t first = (uint32_t)1 << octave;
    return first + (uint32_t)(bits & (first - 1)) - 1;
}

void prose_fill(char *out, size_t size, struct rng *rng)
{
    char word[LONGEST + 2];
    while (size > 0) {
        size_t len = spell(draw_rank(rng), word);
        len = len < size ? len : size;
        memcpy(out, word, len);
        out += len;
        size -= len;
    }
}
