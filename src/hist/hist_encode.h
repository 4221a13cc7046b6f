/* Histograms as bytes and text: HdrHistogram's "V2" encoding, byte-compatible with its other
 * implementations (Java's AbstractHistogram.encodeIntoByteBuffer is the reference).
 *
 * Plain form: a header of 40 bytes, big-endian (cookie, length of the payload, normalizing index
 * offset, significant digits, lowest value, highest trackable value, ratio of integers to doubles),
 * then the counts in ascending order up to the last that is not 0, each a ZigZag LEB128 number of
 * at most 9 bytes; a run of n > 1 zeros is the number -n. A single zero is written as the number 0,
 * as in Java; HdrHistogram_c writes -1, which is read as well. Compressed form: cookie, length, and
 * a zlib stream of the plain form. Text: base64 of the compressed form.
 *
 * The format holds the counts alone. What is lost: the exact extremes, the exact sum, and the
 * number of saturated values; a result keeps these beside it (hist_restore puts them back).
 *
 * Decoding takes foreign bytes: every length is checked, memory use is bounded by the size of a
 * full histogram, and only the configuration of hist.h is accepted. Pure. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "hist/hist.h"

/* Each appends to `out`; false only beyond the limit of `out`. At most INT64_MAX values. */
bool hist_encode(const struct hist *hist, struct buf *out);
bool hist_encode_compressed(const struct hist *hist, struct buf *out);
bool hist_encode_text(const struct hist *hist, struct buf *out);

/* Replaces the content of `hist`, an initialised histogram, by what `bytes` hold: the plain or the
 * compressed form, told apart by the cookie, with nothing after it. Minimum and maximum become the
 * bounds of the lowest and highest bucket in use, the mean that of the middles of the buckets. On
 * failure the histogram is empty. */
bool hist_decode(struct hist *hist, struct str bytes, struct error *err);
/* The same from the text form. */
bool hist_decode_text(struct hist *hist, struct str text, struct error *err);
