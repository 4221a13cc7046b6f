/* A server's INFO: whatever the text, what is read from it is text and numbers. */
#include <assert.h>

#include "fuzz.h"
#include "redis/info.h"

static void expect_plain(const char *text)
{
    size_t len = strlen(text);
    assert(len < INFO_TEXT_SIZE);
    for (size_t i = 0; i < len; i++) {
        assert(text[i] >= ' ' && text[i] <= '~');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str info = {(const char *)data, size};
    struct info_server server;
    struct info_counters counters;
    struct info_moment moment;
    struct str value = {0};
    if (info_read_server(info, &server)) {
        expect_plain(server.engine);
        expect_plain(server.version);
        expect_plain(server.mode);
        expect_plain(server.role);
        expect_plain(server.run_id);
    }
    info_read_counters(info, &counters);
    struct info_keyspace keyspace;
    info_read_keyspace(info, &keyspace);
    info_read_moment(info, &moment);
    assert(!(moment.replica_lag < 0));
    if (info_find(info, "a", &value)) {
        assert(value.data >= info.data && value.data + value.len <= info.data + info.len);
        assert(str_find(value, '\n') == -1);
    }
    return 0;
}
