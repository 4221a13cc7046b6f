#include "redis/reply_error.h"

#include "support/tap.h"

int main(void)
{
    static const struct {
        const char *text;
        const char *name;
    } rows[] = {
        {"ERR syntax error", "ERR"},
        {"ERR", "ERR"},
        {"ERR max number of clients reached", "MAXCLIENTS"},
        {"ERR max number of clients + cluster connections reached", "MAXCLIENTS"},
        {"ERR unknown command 'HELLO', with args beginning with: '3' ", "unknown-command"},
        {"NOAUTH Authentication required.", "NOAUTH"},
        {"WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"},
        {"NOPERM this user has no permissions to run the 'get' command", "NOPERM"},
        {"OOM command not allowed when used memory > 'maxmemory'.", "OOM"},
        {"READONLY You can't write against a read only replica.", "READONLY"},
        {"LOADING Redis is loading the dataset in memory", "LOADING"},
        {"BUSY Redis is busy running a script.", "BUSY"},
        {"BUSYGROUP Consumer Group name already exists", "other"},
        {"CLUSTERDOWN Hash slot not served", "CLUSTERDOWN"},
        {"TRYAGAIN Multiple keys request during rehashing of slot", "TRYAGAIN"},
        {"MOVED 3999 127.0.0.1:6381", "MOVED"},
        {"ASK 3999 127.0.0.1:6381", "ASK"},
        {"CROSSSLOT Keys in request don't hash to the same slot", "CROSSSLOT"},
        {"MASTERDOWN Link with MASTER is down", "MASTERDOWN"},
        {"MISCONF Redis is configured to save RDB snapshots", "MISCONF"},
        {"NOREPLICAS Not enough good replicas to write.", "NOREPLICAS"},
        {"NOSCRIPT No matching script.", "NOSCRIPT"},
        {"WRONGTYPE Operation against a key", "WRONGTYPE"},
        {"EXECABORT Transaction discarded", "EXECABORT"},
        {"oom in small letters", "other"},
        {"", "other"},
        {" OOM", "other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_text(reply_error_name(reply_error_classify(str_from(rows[i].text))), rows[i].name,
                 "\"%s\"", rows[i].text);
    }
    tap_text(reply_error_name(REPLY_ERROR_LOST), "connection-lost", "lost");
    tap_text(reply_error_name(REPLY_ERROR_TIMEOUT), "timeout", "timeout");
    tap_text(reply_error_name(REPLY_ERROR_PROTOCOL), "protocol", "protocol");
    for (int a = 0; a < REPLY_ERROR_COUNT; a++) {
        int same = 0;
        for (int b = 0; b < REPLY_ERROR_COUNT; b++) {
            same += strcmp(reply_error_name((enum reply_error)a),
                           reply_error_name((enum reply_error)b)) == 0
                        ? 1
                        : 0;
        }
        tap_int(same, 1, "kind %d has a name of its own", a);
    }
    return tap_end();
}
