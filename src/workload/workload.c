#include "workload/workload.h"

#include <assert.h>

#include "base/arena.h"
#include "base/mem.h"

/* Streams of random numbers below one seed: datasets behind the first have their own. */
enum { STREAM_DATA = 100, STREAM_CLIENTS = 1000 };

#define SALT_MASK ((UINT64_C(1) << PATTERN_SALT) - 1)

/* ---- compiling ---- */

static bool is_placeholder(const struct phrase_word *word, enum part_kind kind)
{
    return word->part_count == 1 && word->parts[0].kind == kind;
}

/* Words for a template: literal ones, one key, and perhaps a value at the end. False: it takes a
 * pattern. */
static bool list_words(const struct phrase *command, const char **words)
{
    size_t keys = 0;
    if (command->repeats > 1) {
        return false;
    }
    for (size_t i = 0; i < command->word_count; i++) {
        const struct phrase_word *word = &command->words[i];
        if (is_placeholder(word, PART_KEY) && word->parts[0].key == KEY_DRAWN) {
            words[i] = "{key}";
            keys++;
        } else if (is_placeholder(word, PART_VALUE) && i + 1 == command->word_count) {
            words[i] = "{value}";
        } else if (is_placeholder(word, PART_TEXT) && word->parts[0].text.data[0] != '{' &&
                   memchr(word->parts[0].text.data, '\0', word->parts[0].text.len) == NULL) {
            words[i] = word->parts[0].text.data;
        } else {
            return false;
        }
    }
    return keys == 1;
}

static void note_size(struct workload *workload, size_t size, size_t head_size)
{
    workload->max_step_size = size > workload->max_step_size ? size : workload->max_step_size;
    workload->max_head_size =
        head_size > workload->max_head_size ? head_size : workload->max_head_size;
}

static struct pattern_names names_of(const struct workload *workload)
{
    return (struct pattern_names){
        .sources = workload->sources,
        .source_count = workload->data_count,
        .words = workload->words.list,
        .word_count = workload->words.count,
    };
}

static bool tells_time(const struct phrase *command)
{
    bool tells = false;
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            tells = tells || command->words[i].parts[k].kind == PART_TIMESTAMP;
        }
    }
    return tells;
}

/* An operation being compiled. */
struct compiling {
    struct workload *workload;
    struct workload_operation *operation;
    bool fills;
};

static void compile_command(struct compiling *compiling, const struct phrase *command,
                            struct arena *arena, struct workload_step *step)
{
    struct workload *workload = compiling->workload;
    size_t home = compiling->operation->home;
    const struct dataset *data = &workload->data[home];
    const struct pattern_names names = names_of(workload);
    const char **words = arena_alloc_array(arena, command->word_count, sizeof *words);
    step->has_key = pattern_first_key(command, &names, home, &step->key);
    if (!compiling->fills && data->key_format.tags == 0 && !compiling->operation->inserts &&
        step->key.data == home && list_words(command, words) &&
        (data->values.is_plain || strcmp(words[command->word_count - 1], "{value}") != 0)) {
        template_init(&step->command, words, command->word_count, &data->key_format, &data->values);
        note_size(workload, step->command.max_size, step->command.max_head_size);
    } else {
        step->pattern = mem_alloc(sizeof *step->pattern);
        pattern_init(step->pattern, command, &names, home, compiling->fills);
        note_size(workload, step->pattern->max_size, step->pattern->max_size);
        workload->is_salted = true;
        workload->tells_time = workload->tells_time || tells_time(command);
    }
}

static void compile_step(struct compiling *compiling, const struct step_spec *spec,
                         struct workload_step *step)
{
    struct arena arena = {0};
    struct phrase command;
    bool parsed = phrase_parse(str_from(spec->command), &arena, &command, NULL);
    assert(parsed && "workload_check comes first");
    (void)parsed;
    struct str name = command.words[0].parts[0].text;
    step->is_read = phrase_is_read(name);
    step->is_exec = str_eq_nocase(name, STR("EXEC"));
    step->is_watch = str_eq_nocase(name, STR("WATCH"));
    step->is_script = str_eq_nocase(str_prefix(name, strlen("EVALSHA")), STR("EVALSHA"));
    step->each = spec->each;
    step->when = spec->when;
    step->think = spec->think;
    step->needs_replies = (uint16_t)command.replies;
    compile_command(compiling, &command, &arena, step);
    arena_release(&arena);
}

/* What stands between MULTI and EXEC is sent at once, and goes where its first key is. */
static void join_steps(struct workload *workload, struct workload_operation *operation,
                       const struct operation_spec *spec)
{
    for (size_t i = 0; i < operation->step_count; i++) {
        if (!str_eq_nocase(str_trim(str_from(spec->steps[i].command)), STR("MULTI"))) {
            continue;
        }
        size_t end = i + 1;
        struct workload_step *first = &operation->steps[i];
        while (end + 1 < operation->step_count && !operation->steps[end].is_exec) {
            end++;
        }
        for (size_t k = end; k > i; k--) {
            if (operation->steps[k].has_key) {
                first->key = operation->steps[k].key;
                first->has_key = true;
            }
        }
        for (size_t k = i; k <= end; k++) {
            operation->steps[k].is_joined = true;
            operation->steps[k].is_read = false; /* QUEUED tells nothing of the value */
            operation->steps[k].followers = (uint16_t)(end - k);
            operation->steps[k].key = first->key;
            operation->steps[k].has_key = first->has_key;
        }
        if (end - i + 1 > workload->longest_batch) {
            workload->longest_batch = end - i + 1;
        }
        i = end;
    }
}

/* Can the step's key be another than that of the draw? */
static bool goes_elsewhere(const struct workload_operation *operation,
                           const struct workload_step *step)
{
    return step->has_key && (step->key.choice == KEY_REPLY || step->key.data != operation->home ||
                             (operation->inserts && step->key.choice == KEY_DRAWN));
}

static void link_steps(struct workload *workload, struct workload_operation *operation)
{
    bool watches = false;
    operation->is_linked = operation->retries > 0;
    operation->only_reads = true;
    for (size_t i = 0; i < operation->step_count; i++) {
        const struct workload_step *step = &operation->steps[i];
        watches = watches || step->is_watch;
        operation->only_reads = operation->only_reads && step->is_read;
        operation->is_spread = operation->is_spread || goes_elsewhere(operation, step);
        operation->keeps_texts = operation->keeps_texts || step->needs_replies > 0;
        operation->is_linked = operation->is_linked || operation->is_spread ||
                               operation->keeps_texts || step->when != STEP_ALWAYS ||
                               step->think > 0;
        workload->thinks = workload->thinks || step->think > 0;
    }
    /* What WATCH has said holds on its connection only, and EXEC may answer null. */
    operation->is_linked = operation->is_linked || watches;
    operation->is_stepwise = operation->is_linked && !watches;
    workload->is_linked = workload->is_linked || operation->is_linked;
}

static struct workload_operation *
add_operation(struct workload *workload, const struct operation_spec *spec, size_t home, bool fills)
{
    assert(workload->operation_count < WORKLOAD_MAX_OPERATIONS);
    size_t index = workload->operation_count++;
    struct workload_operation *operation = &workload->operations[index];
    struct compiling compiling = {workload, operation, fills};
    operation->name = spec->name;
    operation->weight = spec->weight;
    operation->step_count = spec->step_count;
    operation->retries = spec->retries;
    operation->home = (uint8_t)home;
    operation->inserts = workload_inserts(spec);
    operation->chunks = 1;
    for (size_t i = 0; i < spec->step_count; i++) {
        compile_step(&compiling, &spec->steps[i], &operation->steps[i]);
    }
    join_steps(workload, operation, spec);
    link_steps(workload, operation);
    workload->names[index] = spec->name;
    workload->weights[index] = spec->weight;
    workload->total_weight += spec->weight;
    return operation;
}

static void add_loading(struct workload *workload, const struct workload_spec *spec, size_t home)
{
    char text[DATASET_FILLER_SIZE];
    const struct step_spec steps[2] = {{.command = text}, {.command = "PEXPIRE {key} {ttl}"}};
    bool is_string = spec->data == DATA_STRING;
    uint64_t chunk = dataset_chunk(spec, workload->data[home].values.max_put);
    struct operation_spec load = {
        .name = "load",
        .steps = steps,
        .step_count = spec->ttl_high > 0 && !is_string ? 2 : 1,
    };
    dataset_filler(spec, chunk, text);
    workload->data[home].load_operation = workload->operation_count;
    struct workload_operation *operation = add_operation(workload, &load, home, !is_string);
    operation->is_swept = true;
    operation->is_loading = true;
    if (!is_string) {
        operation->chunk = chunk;
        operation->chunks = (spec->elements + chunk - 1) / chunk;
    }
}

/* What is done to a key apart from the measured operations. */
static void add_upkeep(struct workload *workload, const struct workload_spec *spec, size_t home)
{
    static const struct step_spec unlink_key[] = {{.command = "UNLINK {key}"}};
    static const struct operation_spec removing = {
        .name = "remove", .steps = unlink_key, .step_count = 1};
    struct step_spec steps[WORKLOAD_MAX_STEPS] = {{0}};
    struct operation_spec preparing = {
        .name = "prepare", .steps = steps, .step_count = spec->prepare_count};
    if (spec->data != DATA_NONE) {
        add_loading(workload, spec, home);
    }
    if (spec->prepare_count > 0) {
        for (size_t i = 0; i < spec->prepare_count; i++) {
            steps[i].command = spec->prepare[i];
        }
        workload->data[home].prepare_operation = workload->operation_count;
        add_operation(workload, &preparing, home, false)->is_swept = true;
    }
    workload->data[home].remove_operation = workload->operation_count;
    add_operation(workload, &removing, home, false)->is_swept = true;
}

static void add_defaults(struct workload *workload, const struct workload_spec *spec)
{
    static const struct step_spec get[] = {{.command = "GET {key}"}};
    static const struct step_spec set[] = {{.command = "SET {key} {value}"}};
    static const struct step_spec set_ttl[] = {{.command = "SET {key} {value} PX {ttl}"}};
    struct operation_spec reading = {
        .name = "GET", .weight = spec->reads, .steps = get, .step_count = 1};
    struct operation_spec writing = {.name = "SET",
                                     .weight = spec->writes,
                                     .steps = spec->ttl_high > 0 ? set_ttl : set,
                                     .step_count = 1};
    if (spec->reads > 0) {
        add_operation(workload, &reading, 0, false);
    }
    if (spec->writes > 0) {
        add_operation(workload, &writing, 0, false);
    }
}

/* Keys and weights that fit into one random number, and commands that need no call to write. */
static bool is_quick(const struct workload *workload)
{
    enum { SPARE_BITS = 20 };
    uint64_t chances = 0;
    bool fits =
        !__builtin_mul_overflow(workload->total_weight, workload->data[0].keys.count, &chances) &&
        chances < UINT64_MAX >> SPARE_BITS;
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct workload_operation *operation = &workload->operations[i];
        fits = fits && operation->step_count == 1 && operation->steps[0].pattern == NULL &&
               operation->steps[0].command.is_quick;
    }
    /* What is read is looked at when the client works for values. */
    return fits && !workload->data[0].values.is_made &&
           workload->data[0].keys.distribution == KEYS_UNIFORM &&
           workload->operation_count <= WORKLOAD_QUICK_KINDS;
}

static const struct workload_spec *data_spec(const struct workload_spec *spec, size_t index)
{
    return index == 0 ? spec : &spec->others[index - 1];
}

static void init_data(struct workload *workload, const struct workload_spec *spec, uint64_t seed)
{
    bool grows = false;
    for (size_t i = 0; i < spec->operation_count; i++) {
        grows = grows || workload_inserts(&spec->operations[i]);
    }
    workload->data_count = spec->other_count + 1;
    for (size_t i = 0; i < workload->data_count; i++) {
        dataset_init(&workload->data[i], data_spec(spec, i), workload->key_prefix, grows && i == 0,
                     i == 0 ? seed : rng_derive(seed, STREAM_DATA + (uint64_t)i));
        workload->sources[i] = dataset_source(&workload->data[i], data_spec(spec, i));
        workload->sources[i].channels = &workload->duties.channels;
    }
}

/* ---- traces ---- */

#define TRACE_END UINT64_MAX

/* Operations of one step each, by name, whose bytes are those of the command at hand; and what
 * removes a key. */
static void init_trace(struct workload *workload, const struct workload_spec *spec)
{
    const struct trace *trace = spec->trace;
    workload->trace = mem_alloc(sizeof *workload->trace);
    trace_compile(workload->trace, trace, workload->key_prefix);
    for (size_t i = 0; i <= trace->name_count; i++) {
        struct workload_operation *operation = &workload->operations[i];
        bool removes = i == trace->name_count;
        operation->name = removes ? "remove" : trace->names[i];
        operation->weight = removes ? 0 : 1;
        operation->step_count = 1;
        operation->chunks = 1;
        operation->is_swept = removes;
        operation->steps[0].pattern = mem_alloc(sizeof *operation->steps[0].pattern);
        operation->steps[0].is_read = !removes && trace->reads[i];
        operation->only_reads = operation->steps[0].is_read;
        workload->names[i] = operation->name;
        workload->weights[i] = operation->weight;
    }
    workload->operation_count = trace->name_count;
    workload->total_weight = trace->name_count;
    workload->data[0].keys.count = trace->key_count;
    workload->data[0].load_operation = DATASET_NONE;
    workload->data[0].remove_operation = trace->name_count;
    workload->max_step_size = workload->trace->max_size;
    workload->max_head_size = workload->trace->max_size;
    workload->is_salted = true;
}

void workload_stream_init_whole(struct workload_stream *stream, const struct workload *workload)
{
    *stream = (struct workload_stream){
        .is_whole = true,
        .position = workload->trace->trace->count > 0 ? 0 : TRACE_END,
    };
}

nsec workload_stream_moment(const struct workload_stream *stream, const struct workload *workload)
{
    return stream->position == TRACE_END ? UINT64_MAX
                                         : workload->trace->trace->commands[stream->position].at;
}

uint32_t workload_client(const struct workload *workload, const struct workload_draw *draw,
                         uint32_t clients)
{
    return workload->trace->trace->commands[draw->key].client % clients;
}

static bool draw_captured(const struct workload *workload, struct workload_stream *stream,
                          struct workload_draw *out)
{
    const struct trace *trace = workload->trace->trace;
    if (stream->position == TRACE_END) {
        return false;
    }
    const struct trace_command *command = &trace->commands[stream->position];
    *out = (struct workload_draw){.key = stream->position, .operation = command->operation};
    if (stream->is_whole) {
        stream->position = stream->position + 1 < trace->count ? stream->position + 1 : TRACE_END;
    } else {
        stream->position = command->next == TRACE_NONE ? TRACE_END : command->next;
    }
    return true;
}

static size_t write_captured(const struct workload *workload, const struct workload_draw *draw,
                             char *out)
{
    const struct trace_sent *sent = workload->trace;
    bool removes = draw->operation == workload->data[0].remove_operation;
    const size_t *starts = removes ? sent->removal_starts : sent->starts;
    size_t start = starts[draw->key];
    memcpy(out, (removes ? sent->removals : sent->bytes) + start, starts[draw->key + 1] - start);
    return starts[draw->key + 1] - start;
}

void workload_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed)
{
    *workload = (struct workload){.longest_batch = 1};
    workload->key_prefix = mem_copy_text(spec->key_prefix, strlen(spec->key_prefix));
    words_init(&workload->words, spec, workload->key_prefix);
    init_data(workload, spec, seed);
    duty_init(workload, spec, seed);
    if (spec->trace != NULL) {
        init_trace(workload, spec);
        return;
    }
    for (size_t i = 0; i < spec->operation_count; i++) {
        if (spec->operations[i].weight > 0) {
            add_operation(workload, &spec->operations[i], 0, false);
        }
    }
    if (spec->operation_count == 0) {
        add_defaults(workload, spec);
    }
    size_t drawn = workload->operation_count;
    bool is_salted = workload->is_salted; /* what is swept is not drawn */
    for (size_t i = 0; i < workload->data_count; i++) {
        add_upkeep(workload, data_spec(spec, i), i);
    }
    workload->operation_count = drawn;
    workload->is_salted = is_salted;
    workload->first_weight = workload->operations[0].weight;
    duty_compile(workload, spec);
    workload->is_quick = is_quick(workload) && !workload->duties.is_on;
}

static void release_step(struct workload_step *step)
{
    template_release(&step->command);
    if (step->pattern != NULL) {
        pattern_release(step->pattern);
        mem_free(step->pattern);
    }
}

void workload_release(struct workload *workload)
{
    for (size_t i = 0; i < WORKLOAD_MAX_OPERATIONS; i++) {
        for (size_t step = 0; step < workload->operations[i].step_count; step++) {
            release_step(&workload->operations[i].steps[step]);
        }
    }
    duty_release(workload);
    for (size_t i = 0; i < workload->data_count; i++) {
        dataset_release(&workload->data[i]);
    }
    words_release(&workload->words);
    mem_free(workload->key_prefix);
    if (workload->trace != NULL) {
        trace_sent_release(workload->trace);
        mem_free(workload->trace);
    }
    *workload = (struct workload){0};
}

void workload_equip(struct workload *own, const struct workload *shared,
                    struct encoder *const encoders[SPEC_MAX_DATA])
{
    *own = *shared;
    for (size_t i = 0; i < own->data_count; i++) {
        own->data[i].values.encoder = encoders[i];
        own->sources[i].keys = &own->data[i].keys;
        own->sources[i].key_format = &own->data[i].key_format;
        own->sources[i].values = &own->data[i].values;
    }
}

uint64_t workload_share(uint64_t first, uint64_t end, uint32_t client, uint32_t clients)
{
    __extension__ typedef unsigned __int128 u128;
    return first + (uint64_t)((u128)(end - first) * client / clients);
}

void workload_stream_init(struct workload_stream *stream, const struct workload *workload,
                          uint64_t seed, uint32_t client, uint32_t clients)
{
    *stream = (struct workload_stream){
        .position = workload_share(0, workload->data[0].keys.count, client, clients),
        .client = client,
        .clients = clients,
        .group = (uint8_t)roles_group_of(&workload->duties.roles, client, clients),
    };
    if (workload->trace != NULL) {
        const struct trace *trace = workload->trace->trace;
        bool has_commands = client < trace->client_count && trace->first[client] != TRACE_NONE;
        stream->position = has_commands ? trace->first[client] : TRACE_END;
        return;
    }
    rng_init(&stream->rng, rng_derive(seed, STREAM_CLIENTS + (uint64_t)client));
}

static uint64_t inserted_key(const struct workload_stream *stream, const struct workload *workload,
                             uint64_t index)
{
    return workload->data[0].keys.count + stream->client + stream->clients * index;
}

uint64_t workload_stream_reach(const struct workload_stream *stream,
                               const struct workload *workload)
{
    return stream->inserts == 0 ? 0 : inserted_key(stream, workload, stream->inserts - 1) + 1;
}

/* Keys that a client knows of are those that were loaded, and behind them its own. */
static uint64_t draw_latest(const struct workload *workload, struct workload_stream *stream)
{
    const struct key_space *keys = &workload->data[0].keys;
    uint64_t own = stream->inserts;
    uint64_t distance = key_space_draw_distance(keys, &stream->rng, keys->count + own);
    return distance < own ? inserted_key(stream, workload, own - 1 - distance)
                          : keys->count - 1 - (distance - own);
}

static uint64_t draw_key(const struct workload *workload, struct workload_stream *stream,
                         const struct workload_operation *operation)
{
    const struct key_space *keys = &workload->data[0].keys;
    if (operation->inserts) {
        return inserted_key(stream, workload, stream->inserts++);
    }
    if (keys->distribution == KEYS_LATEST) {
        return draw_latest(workload, stream);
    }
    return key_space_draw(keys, &stream->rng, &stream->position);
}

void workload_stream_sweep(struct workload_stream *stream, size_t operation, uint64_t first,
                           uint64_t end)
{
    *stream = (struct workload_stream){
        .position = first,
        .sweep_end = end,
        .is_sweep = true,
        .sweep_operation = (uint32_t)operation,
    };
}

bool workload_draw_next(const struct workload *workload, struct workload_stream *stream,
                        struct workload_draw *out)
{
    if (stream->is_sweep) {
        if (stream->position >= stream->sweep_end) {
            return false;
        }
        const struct workload_operation *sweep = &workload->operations[stream->sweep_operation];
        out->key = stream->position;
        out->salt = stream->sweep_chunk * sweep->chunk;
        out->operation = stream->sweep_operation;
        if (++stream->sweep_chunk >= sweep->chunks) {
            stream->sweep_chunk = 0;
            stream->position++;
        }
        return true;
    }
    if (workload->is_quick) {
        workload_draw_quick(workload, &stream->rng, out);
        return true;
    }
    if (__builtin_expect(workload->trace != NULL, 0)) {
        return draw_captured(workload, stream, out);
    }
    const struct workload_duties *duties = &workload->duties;
    bool has_groups = duties->roles.group_count > 0;
    const uint64_t *weights = has_groups ? duties->weights[stream->group] : workload->weights;
    uint32_t operation = 0;
    if (workload->operation_count > 1) {
        uint64_t ticket = rng_below(&stream->rng, has_groups ? duties->totals[stream->group]
                                                             : workload->total_weight);
        while (ticket >= weights[operation]) {
            ticket -= weights[operation];
            operation++;
        }
    }
    out->operation = operation;
    out->key = workload->operations[operation].duty.by_channel
                   ? key_space_draw(&duties->channels.numbers, &stream->rng, &stream->position)
                   : draw_key(workload, stream, &workload->operations[operation]);
    if (workload->is_salted) {
        out->salt = rng_next(&stream->rng);
        if (workload->tells_time) {
            out->salt = stream->drawn++ << PATTERN_SALT | (out->salt & SALT_MASK);
        }
    }
    return true;
}

size_t workload_write_pattern(const struct workload *workload, const struct workload_draw *draw,
                              size_t step, const struct workload_replies *replies, char *out)
{
    if (workload->trace != NULL) {
        return write_captured(workload, draw, out);
    }
    const struct workload_operation *operation = &workload->operations[draw->operation];
    struct pattern_draw all = {
        .key = draw->key,
        .salt = draw->salt,
        .home = operation->home,
        .inserts = operation->inserts,
    };
    if (operation->is_swept) {
        all.first = draw->salt;
        all.salt = rng_mix(draw->key ^ rng_mix(draw->salt));
        all.salt &= workload->tells_time ? SALT_MASK : UINT64_MAX;
    }
    if (replies != NULL) {
        all.replies = replies->texts;
        all.reply_at = replies->at;
    }
    return pattern_write(operation->steps[step].pattern, workload->sources, &all, out);
}

size_t workload_write_head(const struct workload *workload, const struct workload_draw *draw,
                           size_t step, char *out, struct str *rest)
{
    const struct workload_operation *operation = &workload->operations[draw->operation];
    const struct workload_step *facts = &operation->steps[step];
    if (facts->pattern != NULL) {
        *rest = (struct str){0};
        return workload_write_step(workload, draw, step, out);
    }
    return template_write_head(&facts->command, &workload->data[operation->home].values, draw->key,
                               out, rest);
}

uint16_t workload_slot(const struct workload *workload, const struct workload_draw *draw,
                       size_t step, const struct workload_replies *replies)
{
    const struct workload_operation *operation = &workload->operations[draw->operation];
    const struct workload_step *facts = &operation->steps[step];
    if (operation->duty.by_channel) {
        return duty_channel_slot(&workload->duties.channels, draw->key);
    }
    if (workload->trace != NULL) {
        bool removes = draw->operation == workload->data[0].remove_operation;
        return workload->trace->slots[draw->key + (removes ? workload->trace->trace->count : 0)];
    }
    if (!operation->is_spread || !facts->has_key) {
        return dataset_slot(&workload->data[operation->home], draw->key);
    }
    struct pattern_draw all = {
        .key = draw->key,
        .salt = draw->salt,
        .home = operation->home,
        .inserts = operation->inserts,
        .replies = replies == NULL ? NULL : replies->texts,
        .reply_at = replies == NULL ? 0 : replies->at,
    };
    return dataset_slot(&workload->data[facts->key.data],
                        pattern_key_number(workload->sources, &all, &facts->key));
}
