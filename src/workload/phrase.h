/* A command as a user writes it: words, with placeholders for what differs between operations.
 * Pure.
 *
 * Words are separated by spaces; "..." (with \n, \t, \", \\ and \xHH) and '...' hold words with
 * spaces, as in redis-cli. A placeholder stands in braces, alone or within a word; {{ and }} are
 * braces themselves. In brackets, [{field} {value}]*5 repeats words.
 *
 *   {key}              a key of the dataset. The n-th {key} of every step of an operation is the
 *                      same key. With hash tags all keys of an operation have the same tag
 *   {key:NAME}         the same of another dataset
 *   {key:new}          a key that does not exist yet; the same one in each step of the operation
 *   {key:reply}, {key:NAME:reply}   the key whose number ends the text {reply}; to be read only
 *   {hashtag}          the keys carry hash tags, and those of an operation the same one. Beside
 *                      {key} in a word it stands for the tag that the key has anyway; elsewhere the
 *                      tag with its braces is written
 *   {value}            bytes of the workload's sizes. The n-th of a command belongs to its n-th
 *                      {field} or {member}, else to its key
 *   {field} {member}   an element of the key; several in one command are neighbours, so they
 *                      differ. {member:stable} and {member:churn}, see below; {member:key} is the
 *                      one with the number of the operation's first key; {field:zipf:0.99} and
 *                      the other distributions of keys but seq draw one
 *   {score} {index}    a whole number below 1,000,000; below the number of elements. {score:key} is
 *                      the score that {member:key} has been loaded with
 *   {int:LOW:HIGH}     a whole number, both included
 *   {float:LOW:HIGH:DIGITS}   a number with so many digits behind the point
 *   {random:BYTES}     hexadecimal digits
 *   {choice:A|B|...}   one of the texts
 *   {consumer:N}       one of N names
 *   {timestamp}        milliseconds since 1970, from the beginning of 2025 on one more with each
 *                      operation of a client: no clock is asked, and all arms get the same
 *   {ttl}              milliseconds, of the workload's time to live
 *   {channel}          the name of a channel: what PUBLISH and SPUBLISH send to
 *   {stamp}            the moment of sending, for those that receive it (stamp.h)
 *   {reply:N}          the N-th text (from 0, depth first) of the reply to the last step that was
 *                      sent; {reply} is the first one, or in a step with `each` the one at hand
 *   {script:NAME}      the SHA1 of a script; {function:NAME}: the full name of a function
 *
 * Keys have the elements 0 to N-1. Those of the lower half are the stable ones; `churn` means the
 * upper half and as many again that are not there at first. Adding and removing them equally often
 * leaves N elements in a key on average, and the stable ones are always found. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum part_kind {
    PART_TEXT,
    PART_KEY,
    PART_HASHTAG,
    PART_VALUE,
    PART_FIELD,
    PART_MEMBER,
    PART_SCORE,
    PART_INDEX,
    PART_INT,
    PART_RANDOM,
    PART_CHOICE,
    PART_CONSUMER,
    PART_CHANNEL,
    PART_STAMP,
    PART_TTL,
    PART_FLOAT,
    PART_REPLY,
    PART_SCRIPT,
    PART_FUNCTION,
    PART_TIMESTAMP,
};

enum element_range {
    ELEMENTS_ALL,
    ELEMENTS_STABLE,
    ELEMENTS_CHURN,
    ELEMENTS_KEY,
    ELEMENTS_DRAWN, /* from a distribution: `text` */
};
enum key_choice { KEY_DRAWN, KEY_NEW, KEY_REPLY };

enum { PHRASE_MAX_REPLIES = 128 };

struct phrase_part {
    enum part_kind kind;
    enum element_range range; /* field, member; ELEMENTS_KEY: score, too */
    enum key_choice key;
    struct str text; /* of PART_TEXT; the texts of a choice with '|' between them; the name of a
                        dataset (key; empty: the first one), script or function */
    int64_t low;     /* int; bytes of random, number of consumers, of a reply's text: low */
    int64_t high;
    uint32_t digits; /* float: behind the point; low and high are in units of the last one */
};

struct phrase_word {
    struct phrase_part *parts;
    size_t part_count;
};

enum { PHRASE_MAX_WORDS = 1024 };

struct phrase {
    struct phrase_word *words; /* the first is the command's name: text */
    size_t word_count;
    size_t repeat_first; /* words that are sent `repeats` times; repeats 1: none are */
    size_t repeat_count;
    uint32_t repeats;
    bool wants_tags;  /* there is a {hashtag} */
    uint32_t replies; /* so many texts of a reply are needed: the greatest N of {reply:N}, plus 1 */
};

/* Takes the text of a command apart; everything in `out` lives in the arena. ERROR_USAGE quotes the
 * part that is wrong and says what may stand there. A command must name a key, unless it is one of
 * the few that touch no data (PING, ECHO, TIME, MULTI, EXEC, DISCARD, UNWATCH, SCAN, DBSIZE). */
bool phrase_parse(struct str text, struct arena *arena, struct phrase *out, struct error *err);
/* Does this command only read, so that a null or empty reply is a miss? */
bool phrase_is_read(struct str name);
