#include "model/fingerprint.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "model/json_writer.h"
#include "model/load_profile.h"
#include "model/result_json_workload.h"

/* The machine, without what differs from one moment to the next. */
static void write_machine(struct json_writer *json, const struct result *result)
{
    const struct env *env = &result->env;
    json_writer_text(json, "host", env->host);
    json_writer_text(json, "cpu_model", env->cpu_model);
    json_writer_count(json, "cpus", env->cpus);
    json_writer_text(json, "kernel", env->kernel);
    json_writer_text(json, "governor", env->governor);
    json_writer_text(json, "hugepages", env->transparent_hugepages);
    json_writer_text(json, "virtualisation", env->virtualisation);
    json_writer_text(json, "workers", result->worker_placement);
}

/* A server that we start is told by what it is and its settings, wherever its program lies; another
 * one also by where it is, for the way there and its host have a noise of their own. Of several
 * hosts all are told by their list. */
static void write_arm(struct json_writer *json, const struct result_arm *arm)
{
    json_writer_text(json, "engine", arm->engine);
    json_writer_text(json, "engine_version", arm->engine_version);
    json_writer_text(json, "placement", arm->placement);
    bool is_told = arm->started_by_us && arm->host_count == 0;
    json_writer_text(json, "target", is_told ? NULL : arm->target);
    for (size_t i = 0; i < arm->setting_count; i++) {
        json_writer_text(json, arm->settings[i].name, arm->settings[i].value);
    }
}

static void write_load(struct json_writer *json, const struct load_spec *load)
{
    struct buf profile = {0};
    load_profile_write(&load->profile, &profile);
    json_writer_text(json, "load", buf_text(&profile));
    buf_release(&profile);
    json_writer_count(json, "arrival", load->arrival);
    json_writer_count(json, "clients", load->clients);
    json_writer_count(json, "threads", load->threads);
    json_writer_count(json, "pipeline", load->pipeline);
    json_writer_count(json, "requests", load->requests);
    json_writer_count(json, "protocol", load->protocol);
    json_writer_bool(json, "pin", load->pin);
    json_writer_count(json, "think", load->think);
    json_writer_bool(json, "churn", load->churn);
}

/* FNV-1a with 64 bits (G. Fowler, L. C. Noll and K.-P. Vo, RFC 9923). */
static uint64_t hash(struct str text)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++) {
        value = (value ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

const char *fingerprint_take(const struct result *result, const struct result_cell *cell,
                             uint32_t arm, char text[FINGERPRINT_SIZE])
{
    struct buf conditions = {0};
    struct json_writer json = {.out = &conditions};
    struct workload_spec workload = cell->workload;
    workload.key_prefix = ""; /* it has a mark of the invocation */
    workload.description = NULL;
    json_writer_open(&json, NULL, '{');
    write_machine(&json, result);
    write_arm(&json, &result->arms[arm]);
    workload_json_write(&json, &workload);
    write_load(&json, &cell->load);
    /* Its rate differs a little from one measurement to the next, but is found in the same way. */
    json_writer_number(&json, "latency_share",
                       result_has_two_loops(cell) ? result->design.latency_share : NAN);
    json_writer_count(&json, "duration", result->design.duration);
    json_writer_count(&json, "slice", result->design.slice);
    json_writer_close(&json, '}');
    (void)snprintf(text, FINGERPRINT_SIZE, "%016" PRIx64, hash(buf_str(&conditions)));
    buf_release(&conditions);
    return text;
}
