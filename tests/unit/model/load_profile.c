/* Rates of open loops: read, checked, and written back. */
#include "model/load_profile.h"

#include "support/tap.h"

static void check_round(const char *text, bool is_rate)
{
    struct load_profile profile = {0};
    struct load_profile again = {0};
    struct buf written = {0};
    struct error err = {0};
    bool read = is_rate ? load_profile_read_rate(str_from(text), &profile, &err)
                        : load_profile_read(str_from(text), &profile, &err);
    tap_check(read, "reads %s", text);
    load_profile_write(&profile, &written);
    read = is_rate ? load_profile_read_rate(buf_str(&written), &again, &err)
                   : load_profile_read(buf_str(&written), &again, &err);
    tap_check(read && memcmp(&profile, &again, sizeof profile) == 0, "%s is written as %s and back",
              text, buf_text(&written));
    buf_release(&written);
}

static void test_round(void)
{
    static const char *const rates[] = {"10k",
                                        "10k/s",
                                        "2.5M",
                                        "0.1",
                                        "333.3",
                                        "1G",
                                        "1",
                                        "0.001",
                                        "0.0012345678901234567",
                                        "123456789.01234567"};
    static const char *const shapes[] = {
        "ramp:1k-10k",     "ramp:0-5",          "steps:5",
        "steps:1k,0,2.5k", "burst:0,1k,1s,1ms", "burst:1k,20k,5s,500ms",
        "sine:0-1k,1ms",   "sine:1k-10k,24h",
    };
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        check_round(rates[i], true);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_round(shapes[i], false);
    }
}

static void test_refused(void)
{
    static const char *const rates[] = {"",
                                        "0",
                                        "-1",
                                        "x",
                                        "1e3",
                                        "2G",
                                        "1k/m",
                                        "nan",
                                        "inf",
                                        "0.0009",
                                        "0.00000000000000000001",
                                        "0/s",
                                        "10k/s/s"};
    static const char *const shapes[] = {
        "",
        "ramp",
        "ramp:",
        "ramp:1",
        "ramp:1-2-3",
        "ramp:0-0",
        "ramp:0-0.0001",
        "ramp:1k-2G",
        "ramp:1,2",
        "steps:",
        "steps:0",
        "steps:1,",
        "steps:1-2",
        "burst:1,2,3",
        "burst:1,2,1s",
        "burst:1,2,1s,1s",
        "burst:1,2,1s,2s",
        "burst:0,0,2s,1s",
        "burst:1,2,25h,1s",
        "burst:1,2,1s,0",
        "sine:1-2",
        "sine:2-1,1s",
        "sine:1,2,1s",
        "sine:0-0,1s",
        "sine:1-2,1us",
        "square:1-2",
        "1000",
    };
    struct load_profile profile = {0};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct error err = {0};
        tap_check(!load_profile_read_rate(str_from(rates[i]), &profile, &err) &&
                      err.code == ERROR_USAGE,
                  "refuses rate \"%s\"", rates[i]);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct error err = {0};
        tap_check(!load_profile_read(str_from(shapes[i]), &profile, &err) &&
                      err.code == ERROR_USAGE,
                  "refuses shape \"%s\"", shapes[i]);
    }
    struct buf many = {0};
    buf_add_text(&many, "steps:1");
    for (int i = 0; i < LOAD_MAX_RATES; i++) {
        buf_add_text(&many, ",1");
    }
    tap_check(!load_profile_read(buf_str(&many), &profile, NULL), "refuses too many steps");
    buf_release(&many);
    tap_int(profile.shape, LOAD_CLOSED, "what is refused leaves nothing behind");
}

static void test_words(void)
{
    static const struct {
        const char *shape;
        const char *words;
    } rows[] = {
        {"ramp:1k-10k", "from 1,000/s to 10,000/s"},
        {"steps:1k,5.5", "in steps of 1,000/s, 5.5/s"},
        {"burst:1k,20k,5s,500ms", "1,000/s with bursts of 20,000/s for 500 ms every 5.00 s"},
        {"sine:0-1k,30s", "between 0/s and 1,000/s in waves of 30.0 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct load_profile profile;
        struct buf words = {0};
        (void)load_profile_read(str_from(rows[i].shape), &profile, NULL);
        load_profile_describe(&profile, &words);
        tap_text(buf_text(&words), rows[i].words, "%s in words", rows[i].shape);
        buf_release(&words);
    }
}

static void test_words_of_rates(void)
{
    static const struct {
        const char *rate;
        const char *words;
    } rows[] = {{"10k", "10,000/s"}, {"0.5", "0.5/s"}, {"100", "100/s"}, {"333.3", "333/s"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct load_profile profile;
        struct buf words = {0};
        (void)load_profile_read_rate(str_from(rows[i].rate), &profile, NULL);
        load_profile_describe(&profile, &words);
        tap_text(buf_text(&words), rows[i].words, "%s in words", rows[i].rate);
        buf_release(&words);
    }
    struct load_profile closed = {.shape = LOAD_CLOSED};
    struct buf words = {0};
    load_profile_describe(&closed, &words);
    tap_text(buf_text(&words), "a closed loop", "no rate in words");
    buf_clear(&words);
    load_profile_write(&closed, &words);
    tap_text(buf_text(&words), "closed", "no rate as text");
    buf_release(&words);
}

/* What goes together, and the first words of the sentence about what does not. */
static void test_together(void)
{
    static const struct {
        const char *what;
        struct load_spec load;
        const char *sentence; /* NULL: possible */
    } rows[] = {
        {"closed", {.pipeline = 8, .requests = 5}, NULL},
        {"closed with pauses", {.pipeline = 8, .think = 1}, NULL},
        {"churn", {.pipeline = 1, .churn = true, .requests = 5}, NULL},
        {"a rate", {.pipeline = 8, .profile.shape = LOAD_FLAT, .requests = 5}, NULL},
        {"bursts", {.pipeline = 8, .profile.shape = LOAD_BURST, .requests = 5}, NULL},
        {"waves", {.pipeline = 8, .profile.shape = LOAD_SINE, .requests = 5}, NULL},
        {"a ramp", {.pipeline = 8, .profile.shape = LOAD_RAMP}, NULL},
        {"even", {.profile.shape = LOAD_FLAT, .arrival = ARRIVAL_CONSTANT}, NULL},
        {"closed and even", {.arrival = ARRIVAL_CONSTANT}, "arrivals belong to an open loop"},
        {"a rate and pauses", {.profile.shape = LOAD_FLAT, .think = 1}, "a think time belongs"},
        {"bursts and churn", {.profile.shape = LOAD_BURST, .churn = true}, "a connection for each"},
        {"a ramp of a number", {.profile.shape = LOAD_RAMP, .requests = 1}, "a ramp or steps span"},
        {"steps of a number", {.profile.shape = LOAD_STEPS, .requests = 1}, "a ramp or steps span"},
        {"churn of 2", {.pipeline = 2, .churn = true}, "a connection for each"},
        {"churn and pauses", {.pipeline = 1, .churn = true, .think = 1}, "churn connects anew"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {0};
        const char *sentence = rows[i].sentence;
        bool valid = load_profile_validate(&rows[i].load, &err);
        tap_check(valid == (sentence == NULL), "%s: %s", rows[i].what, valid ? "yes" : "no");
        if (sentence != NULL) {
            tap_check(err.code == ERROR_USAGE && strncmp(err.text, sentence, strlen(sentence)) == 0,
                      "%s: %s", rows[i].what, err.text);
        }
    }
}

static void test_arrivals(void)
{
    enum arrival found = ARRIVAL_POISSON;
    tap_check(arrival_find(STR("constant"), &found) && found == ARRIVAL_CONSTANT, "constant");
    tap_check(!arrival_find(STR("Poisson"), &found) && found == ARRIVAL_CONSTANT,
              "what is refused changes nothing");
    tap_check(arrival_find(STR("poisson"), &found) && found == ARRIVAL_POISSON, "poisson");
    tap_text(arrival_name(ARRIVAL_POISSON), "poisson", "named as found");
    tap_text(arrival_name(ARRIVAL_CONSTANT), "constant", "named as found");
}

int main(void)
{
    test_round();
    test_refused();
    test_words();
    test_words_of_rates();
    test_together();
    test_arrivals();
    return tap_end();
}
