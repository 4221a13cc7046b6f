/* Facts about this machine, for results and for judging whether it is fit for measuring.
 *
 * Facts are read from /proc, /sys and the limits of this process; reading changes nothing. A fact
 * that cannot be read is unknown: "" or 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SYSTEM_TEXT_SIZE = 128 };

struct system_facts {
    char hostname[SYSTEM_TEXT_SIZE];
    char kernel[SYSTEM_TEXT_SIZE];       /* its release: "6.1.0-37-amd64" */
    char machine[SYSTEM_TEXT_SIZE];      /* its architecture: "x86_64" */
    char cpu_model[SYSTEM_TEXT_SIZE];    /* unknown on most ARM machines */
    uint64_t cpus;                       /* logical processors that are switched on */
    uint64_t memory;                     /* bytes that the kernel manages */
    char governor[SYSTEM_TEXT_SIZE];     /* cpufreq of processor 0: "performance"; "" if none */
    char huge_pages[SYSTEM_TEXT_SIZE];   /* transparent ones: "always", "madvise" or "never" */
    char clock_source[SYSTEM_TEXT_SIZE]; /* "tsc", "kvm-clock", "hpet" */
    uint64_t open_files_soft;            /* RLIMIT_NOFILE; UINT64_MAX: no limit */
    uint64_t open_files_hard;
    uint64_t somaxconn;   /* net.core.somaxconn: longest queue of connections to accept */
    double cpu_quota;     /* processors' worth of time that the control groups (v1 or v2) of this
                             process allow; 0: no limit found */
    bool virtual_machine; /* the processor says that a hypervisor is there (x86 only); false is
                             also unknown */
};

/* Reads all facts. `root` is put before every path: "" for this machine; a test brings a tree of
 * its own. (The architecture and the limit of open files are always this machine's.) */
void system_read(const char *root, struct system_facts *facts);

/* Memory that programs may still take without swapping, bytes: 0: not told. `root` as above. */
uint64_t system_memory_available(const char *root);

/* Lets this process, and those that it starts, open as many files as it may (the hard limit): each
 * connection is one. */
void system_raise_open_files(void);

/* 64 bits from the kernel's random source: differs between processes and machines. */
uint64_t system_draw_random(void);
