/* The machine that measured, as far as it matters for reading a result. Plain data; filled by
 * run/ from os/. Unknown: "" or 0. */
#pragma once

#include <stdint.h>

enum { ENV_TEXT_SIZE = 128 };

struct env {
    char host[ENV_TEXT_SIZE];
    char kernel[ENV_TEXT_SIZE];
    char cpu_model[ENV_TEXT_SIZE];
    uint32_t cpus;
    uint64_t memory_bytes;
    char governor[ENV_TEXT_SIZE];
    char transparent_hugepages[ENV_TEXT_SIZE];
    char clocksource[ENV_TEXT_SIZE];
    char virtualisation[ENV_TEXT_SIZE];
};
