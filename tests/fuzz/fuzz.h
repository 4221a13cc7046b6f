/* A fuzz harness: one file fuzz_<name>.c that defines this function, listed in meson.build. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Feeds `size` arbitrary bytes to the code under test and asserts what must hold for any input.
 * The bytes are in memory of exactly that size, so that a sanitizer sees the first byte too many.
 * Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
