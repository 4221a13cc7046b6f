/* Which of a cluster's hash slots a key belongs to: CRC16 (XMODEM) of the key, or of its hash tag,
 * modulo 16384. Pure. https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum { SLOTS_COUNT = 16384 };

/* The slot of a key. Only what stands between the first '{' and the next '}' counts, when that is
 * not empty. */
uint16_t slots_of_key(struct str key);
/* CRC16 of `bytes`, going on from `crc` (0 to begin): lets a caller keep that of a prefix. */
uint16_t slots_crc16(uint16_t crc, const char *bytes, size_t len);
