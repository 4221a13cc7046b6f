#include "redis/slots.h"

/* One step of the polynomial x^16 + x^12 + x^5 + 1, a nibble at a time. */
static uint16_t add_nibble(uint16_t crc, unsigned nibble)
{
    static const uint16_t table[16] = {
        0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
        0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
    };
    return (uint16_t)((crc << 4) ^ table[(crc >> 12) ^ nibble]);
}

uint16_t slots_crc16(uint16_t crc, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned byte = (unsigned char)bytes[i];
        crc = add_nibble(crc, byte >> 4);
        crc = add_nibble(crc, byte & 0xf);
    }
    return crc;
}

uint16_t slots_of_key(struct str key)
{
    ptrdiff_t open = str_find(key, '{');
    if (open >= 0) {
        struct str rest = str_from_index(key, (size_t)open + 1);
        ptrdiff_t close = str_find(rest, '}');
        if (close > 0) {
            key = str_prefix(rest, (size_t)close);
        }
    }
    return slots_crc16(0, key.data, key.len) % SLOTS_COUNT;
}
