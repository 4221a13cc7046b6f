/* Quantities with units: reading what a user typed and writing what a user reads.
 *
 * Reading accepts exactly the forms named, with nothing before or after; on failure the result is
 * untouched and false is returned. Sizes and counts end below 2^53, where every whole number is
 * still exact. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Nanoseconds: a length of time, or a point on one monotonic clock. */
typedef uint64_t nsec;

#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC UINT64_C(1000000000)

/* "500ms", "20s", "5m", "1.5h", "10us", "3ns". A bare number is refused unless it is 0. */
bool units_read_duration(struct str text, nsec *out);
/* "100", "1k" (1000), "4KiB", "10MB", "1GiB", "64B": bytes. k = K = kB = 1000, Ki = KiB = 1024. */
bool units_read_size(struct str text, uint64_t *out);
/* "100000", "100k", "1.5M", "2G": a count, suffixes are powers of 1000; must come out whole. */
bool units_read_count(struct str text, uint64_t *out);
/* "100k", "100k/s", "2.5M/s": a positive number per second. */
bool units_read_rate(struct str text, double *out);
/* "2%" or "0.02" as a fraction: 0.02. Between 0 and 1 (100%), 0 excluded. */
bool units_read_fraction(struct str text, double *out);

enum { UNITS_TEXT_SIZE = 32 };

/* Each writes into `text` and returns it. */
/* "640 ns", "12.3 us", "1.24 ms", "3.00 s": three significant digits. */
const char *units_format_latency(double nanoseconds, char text[UNITS_TEXT_SIZE]);
/* "45 s", "3 m 20 s", "1 h 05 m": for progress and estimates; whole seconds, rounded up. */
const char *units_format_duration(nsec duration, char text[UNITS_TEXT_SIZE]);
/* "123,456": whole numbers with thousands separators. */
const char *units_format_count(uint64_t count, char text[UNITS_TEXT_SIZE]);
/* "100 B", "4.0 KiB", "1.5 GiB". */
const char *units_format_size(uint64_t bytes, char text[UNITS_TEXT_SIZE]);
/* A ratio as a signed change: 1.031 -> "+3.1 %", 0.98 -> "-2.0 %". Two digits after the point
 * when the change is below 1 %. */
const char *units_format_change(double ratio, char text[UNITS_TEXT_SIZE]);
