#include "run/machine.h"

#include <stdio.h>

#include "os/system.h"

static void copy_fact(char to[ENV_TEXT_SIZE], const char *from)
{
    (void)snprintf(to, ENV_TEXT_SIZE, "%s", from);
}

void machine_describe(struct env *env)
{
    struct system_facts facts;
    system_read("", &facts);
    copy_fact(env->host, facts.hostname);
    copy_fact(env->kernel, facts.kernel);
    copy_fact(env->cpu_model, facts.cpu_model);
    copy_fact(env->governor, facts.governor);
    copy_fact(env->transparent_hugepages, facts.huge_pages);
    copy_fact(env->clocksource, facts.clock_source);
    copy_fact(env->virtualisation, facts.virtual_machine ? "virtual machine" : "");
    env->cpus = (uint32_t)facts.cpus;
    env->memory_bytes = facts.memory;
}
